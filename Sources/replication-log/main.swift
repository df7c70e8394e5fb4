ReplicationLogProcess.run()
