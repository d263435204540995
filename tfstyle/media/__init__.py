"""Many pictures: animations, videos, and folders of photographs."""
