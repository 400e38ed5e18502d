"""What all doors share: layouts, components, static assets, the error pages and the security headers."""
