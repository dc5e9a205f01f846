"""What a Tool is and what is made of it; no I/O."""
