"""The admin side: what runs and how well, who changes it, and routing.yaml watched for edits."""
