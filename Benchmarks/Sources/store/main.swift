StoreBenchmark.run()
