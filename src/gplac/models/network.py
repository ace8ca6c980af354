"""The network of figure 2: shared convolutions, a policy head, and a classifier head where one is trained."""

import torch
from torch import Tensor, nn

from gplac.config import NetworkConfig
from gplac.models.encoders import AttentionEncoder
from gplac.models.heads import FeatureHead, PolicyHead
from gplac.models.registry import encoder_named


class Network(nn.Module):
    """Figure 2: shared convolutions, a policy head, and a classifier head.

    The statistics that normalise state and action are buffers: they are saved and loaded with the weights.

    Args:
        config: sizes of the layers, temperature, dropout.
        height: of the images, pixels.
        width: of the images, pixels.
        state_size: numbers of the robot's state, S.
        action_size: numbers of an action, A.
        encoder: one of `gplac.models.registry.ENCODERS`.
        classifier: whether there is a classifier head.

    Raises:
        UserError: there is no such encoder.
    """

    def __init__(
        self,
        config: NetworkConfig,
        height: int,
        width: int,
        state_size: int,
        action_size: int,
        encoder: str = "attention",
        classifier: bool = True,
    ) -> None:
        super().__init__()
        self.encoder = encoder_named(encoder)(config, height, width)
        self.config = config
        features, dropout = self.encoder.feature_size, self.encoder.dropout(config.policy_dropout)
        self.policy_head = PolicyHead(features, state_size, action_size, config.hidden, dropout)
        # Made last, so that methods with and without it start from the same encoder and policy.
        self.classifier_head = self.new_head(1) if classifier else None
        self.state_mean_S: Tensor
        self.state_std_S: Tensor
        self.action_mean_A: Tensor
        self.action_std_A: Tensor
        self.register_buffer("state_mean_S", torch.zeros(state_size))
        self.register_buffer("state_std_S", torch.ones(state_size))
        self.register_buffer("action_mean_A", torch.zeros(action_size))
        self.register_buffer("action_std_A", torch.ones(action_size))

    def new_head(self, outputs: int, dropout: float | None = None) -> FeatureHead:
        """A head like the classifier's with so many outputs, for a term of the loss that brings its own; ``dropout``
        None: the classifier's."""
        rate = self.config.classifier_dropout if dropout is None else dropout
        return FeatureHead(self.encoder.feature_size, outputs, self.config.hidden, self.encoder.dropout(rate))

    def set_statistics(self, states_NS: Tensor, actions_NA: Tensor) -> None:
        """Take mean and standard deviation from demonstrations: states (N, S), actions (N, A), in their own units. A
        number that never varies is only centred."""
        for name, values in (("state", states_NS), ("action", actions_NA)):
            std, mean = torch.std_mean(values.double(), dim=0, correction=0)
            suffix = name[0].upper()
            getattr(self, f"{name}_mean_{suffix}").copy_(mean)
            getattr(self, f"{name}_std_{suffix}").copy_(torch.where(std > 1e-6, std, 1.0))

    def normalise_action(self, action_BA: Tensor) -> Tensor:
        """(B, A) action in the robot's units to mean 0, variance 1."""
        return (action_BA - self.action_mean_A) / self.action_std_A

    def in_own_units(self, normalised_BA: Tensor) -> Tensor:
        """(B, A) action of mean 0, variance 1 to the robot's units; the opposite of `normalise_action`."""
        return normalised_BA * self.action_std_A + self.action_mean_A

    def encode(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images to features (B, F)."""
        features_BF: Tensor = self.encoder(images_BHW3)
        return features_BF

    def points(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images to feature points (B, K, 2): x right, y down, in [-0.5, 0.5].

        Raises:
            TypeError: a network without attention.
        """
        if not isinstance(self.encoder, AttentionEncoder):
            raise TypeError("a network without attention has no feature points")
        return self.encoder.points(images_BHW3)

    def policy(self, features_BF: Tensor, state_BS: Tensor) -> Tensor:
        """(B, F) features and (B, S) robot state in its own units to a normalised action (B, A)."""
        action_BA: Tensor = self.policy_head(features_BF, (state_BS - self.state_mean_S) / self.state_std_S)
        return action_BA

    def classify(self, features_BF: Tensor) -> Tensor:
        """(B, F) features to logits (B,) of the object's presence.

        Raises:
            TypeError: a network without the head.
        """
        if self.classifier_head is None:
            raise TypeError("this network has no classifier: its method does not train one")
        logit_B1: Tensor = self.classifier_head(features_BF)
        return logit_B1.squeeze(1)

    def act(self, images_BHW3: Tensor, state_BS: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images and (B, S) robot state to actions (B, A) in the robot's units."""
        return self.in_own_units(self.policy(self.encode(images_BHW3), state_BS).float())
