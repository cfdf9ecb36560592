pytest_plugins = ["taken_over"]
