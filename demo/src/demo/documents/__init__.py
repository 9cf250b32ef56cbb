"""The documents that are made from the code: OpenAPI, AsyncAPI, settings. Committed, and compared in the tests."""
