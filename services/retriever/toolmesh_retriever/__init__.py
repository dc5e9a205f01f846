"""The retriever: finds tools and passages of documents for a request."""
