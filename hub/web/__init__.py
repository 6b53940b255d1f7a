"""What the web sides of hub and mirror share. Of ours it imports the contracts alone."""
