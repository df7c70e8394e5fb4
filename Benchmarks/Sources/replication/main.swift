ReplicationBenchmark.run()
