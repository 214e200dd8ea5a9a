"""The contract with clients: GraphQL types, fields, inputs, errors and limits; ``schema.planner`` compiles reads."""
