ChatControl.run()
