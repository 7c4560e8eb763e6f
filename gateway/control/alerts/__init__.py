"""Alerts, silences and watched values, as the admin API, `status` and /metrics tell of them."""
