"""The desk: prompts wait as files until a person, a chat window or a program has answered them."""
