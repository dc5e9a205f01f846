"""In: imported tools as the servicer serves them."""
