"""What crosses a service border, and nothing else: identifiers, envelope, events, topics."""
