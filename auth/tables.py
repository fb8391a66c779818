"""Where the accounts of each kind of principal are: names of ours, so safe in a statement."""

from auth.principals import Kind

ACCOUNTS = {Kind.USER: "users", Kind.STORE: "stores"}
