HTTPParseProbe.run()
