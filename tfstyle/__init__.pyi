from . import export as export
from .generators import GENERATORS as GENERATORS
from .generators import johnson as johnson
from .generators import mobile as mobile
from .generators import pyramid as pyramid
from .images.look import Look as Look
from .layers import ConditionalInstanceNormalization as ConditionalInstanceNormalization
from .layers import InstanceNormalization as InstanceNormalization
from .media.animation import stylize_animation as stylize_animation
from .perceptual import PerceptualLoss as PerceptualLoss
from .styles.errors import UnusableStyleError as UnusableStyleError
from .styles.folder import list_styles as list_styles
from .styles.loading import load as load
from .styles.recipe import Recipe as Recipe
from .styles.style import Style as Style
from .styles.trunk import Trunk as Trunk
from .styles.trunk import load_trunk as load_trunk
from .training import train as train
from .training import train_trunk as train_trunk

__version__: str
