pytest_plugins = ["releases"]
