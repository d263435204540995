"""Many pictures: animations, and folders of photographs."""
