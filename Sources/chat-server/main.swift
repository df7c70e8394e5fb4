ChatServerProcess.run()
