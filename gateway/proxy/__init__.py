"""The request's way: match > split > forward > observe."""
