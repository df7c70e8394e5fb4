HTTPBenchmark.run()
