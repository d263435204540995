from . import export as export
from .folders import list_styles as list_styles
from .generators import GENERATORS as GENERATORS
from .generators import johnson as johnson
from .generators import pyramid as pyramid
from .layers import ConditionalInstanceNormalization as ConditionalInstanceNormalization
from .layers import InstanceNormalization as InstanceNormalization
from .perceptual import PerceptualLoss as PerceptualLoss
from .recipes import Recipe as Recipe
from .styles import Style as Style
from .styles import load as load
from .training import train as train
from .training import train_trunk as train_trunk
from .trunks import Trunk as Trunk
from .trunks import load_trunk as load_trunk

__version__: str
