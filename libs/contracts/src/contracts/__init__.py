"""The words the services say to each other: one module per speaker.

Commands stand beside the events of the service that obeys them. The services publish these very
classes, so the document and the truth are one.
"""
