"""Rules and data of the arena: agents, battles, votes and ratings."""
