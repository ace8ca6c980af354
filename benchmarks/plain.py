"""The network of figure 2 as PyTorch's defaults have it: float32, eager, channels first. The peer, not the product."""

import torch
from torch import Tensor, nn


class PlainNetwork(nn.Module):
    """The attention network for images ``(B, 3, H, W)`` in float32, with both heads; without ``norm_last`` the last
    convolution has a bias in place of batch norm, as in the paper."""

    def __init__(
        self, height: int, width: int, state_size: int = 17, action_size: int = 7, norm_last: bool = True
    ) -> None:
        super().__init__()
        first = nn.Conv2d(3, 64, 3, stride=2, padding=1).requires_grad_(False)
        layers: list[nn.Module] = [first, nn.ReLU()]
        for inputs, outputs in ((64, 64), (64, 32), (32, 32), (32, 16)):
            norm = norm_last or outputs != 16
            layers.append(nn.Conv2d(inputs, outputs, 3, padding=1, bias=not norm))
            layers += [nn.BatchNorm2d(outputs)] * norm
            layers.append(nn.ReLU())
        self.convolutions = nn.Sequential(*layers)
        rows, columns = (height + 1) // 2, (width + 1) // 2
        y, x = torch.meshgrid(
            torch.linspace(-0.5, 0.5, rows), torch.linspace(-0.5, 0.5, columns), indexing="ij"
        )
        self.register_buffer("cells", torch.stack((x.flatten(), y.flatten()), dim=1))
        self.policy = nn.Sequential(
            nn.Linear(32 + state_size, 400),
            nn.ReLU(),
            nn.Linear(400, 400),
            nn.ReLU(),
            nn.Linear(400, action_size),
        )
        self.classifier = nn.Sequential(
            nn.Linear(32, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 1)
        )
        self.dropout = nn.Dropout(0.5)

    def features(self, images_B3HW: Tensor) -> Tensor:
        """Feature points ``(B, 32)``."""
        weights = torch.softmax(self.convolutions(images_B3HW).flatten(2), dim=2)
        return (weights @ self.cells).flatten(1)

    def act(self, features_BF: Tensor, state_BS: Tensor) -> Tensor:
        """Actions ``(B, A)``."""
        action: Tensor = self.policy(torch.cat((self.dropout(features_BF), state_BS), dim=1))
        return action

    def classify(self, features_BF: Tensor) -> Tensor:
        """Logits ``(B,)``."""
        logit: Tensor = self.classifier(self.dropout(features_BF)).squeeze(1)
        return logit
