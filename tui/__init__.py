"""What a person looks at while a run goes on; reads the store, touches no git and no model."""
