"""nbgrader for students on the hub: they see the courses that they are in."""

c = get_config()  # noqa: F821 - traitlets defines it
c.Authenticator.plugin_class = "nbgrader.auth.JupyterHubAuthPlugin"
