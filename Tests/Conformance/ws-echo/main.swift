EchoServer.run()
