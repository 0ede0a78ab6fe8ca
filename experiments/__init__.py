"""What is asked of the model: scenarios, designs, runs, their results, and the command line."""
