"""What the request log costs, keeps and survives, measured on a real gateway: `make request-log`."""
