"""Markets from chains of quoted options."""
