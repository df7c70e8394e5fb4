ViewsBenchmark.run()
