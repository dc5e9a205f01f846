"""What can be asked of the planner, and how a run is carried out."""
