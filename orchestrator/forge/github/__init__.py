"""GitHub, through githubkit. The only room that imports it.

`connecting` finds the login and makes a `GitHub`; `webhooks` reads messages without a connection.
"""
