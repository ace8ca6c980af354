"""Section 5 and appendix 8.3: spatial attention, encoders, heads, and the network of figure 2.

Names of tensors end in their shape:

| letter | size |
|---|---|
| B | images in a batch |
| T | consecutive frames of one episode |
| C | channels of a map |
| H, W | rows and columns of an image or a map |
| 3 | red, green, blue |
| K | feature points, one for each channel of the last convolution |
| 2 | (x, y) of a point: x to the right, y down, both in [-0.5, 0.5] |
| F | features that the heads read: 2K for the attention encoder, C x H x W for the plain one |
| S | robot state: joint angles and velocities, end-effector position |
| A | action |
"""
