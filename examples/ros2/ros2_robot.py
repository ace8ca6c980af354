"""A ROS 2 robot for gplac's control loop: a camera, joint states, and torques as a Float64MultiArray.

Change the names below to those of your robot, and start it in a shell where ROS 2 is set up:

    cd examples/ros2
    gplac robot run ../../policy.onnx --robot ros2_robot:connect --resize
"""

import threading
import time

import rclpy
from conversion import image_array, joint_array, monotonic_s
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from rclpy.time import Time
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Float64MultiArray

from gplac.errors import UserError
from gplac.robot import Card, Observation

IMAGE_TOPIC, STATE_TOPIC, COMMAND_TOPIC = "/camera/image_raw", "/joint_states", "/effort_controller/commands"
JOINTS = [f"joint_{i}" for i in range(1, 8)]
"""In the order of the demonstrations."""
FIRST_MESSAGES_S = 10.0
"""How long to wait for the first picture and state."""


class Ros2Robot(Node):
    """Keeps the newest picture and state; see `gplac.robot.Robot`."""

    def __init__(self, card: Card) -> None:
        super().__init__("gplac_policy")
        self.card = card
        self.image: Image | None = None
        self.joints: JointState | None = None
        self.create_subscription(Image, IMAGE_TOPIC, self.on_image, qos_profile_sensor_data)
        self.create_subscription(JointState, STATE_TOPIC, self.on_joints, qos_profile_sensor_data)
        self.commands = self.create_publisher(Float64MultiArray, COMMAND_TOPIC, 1)
        self.executor_ = SingleThreadedExecutor()
        self.executor_.add_node(self)
        threading.Thread(target=self.executor_.spin, daemon=True).start()

    def on_image(self, message: Image) -> None:
        self.image = message

    def on_joints(self, message: JointState) -> None:
        self.joints = message

    def observe(self) -> Observation:
        image, joints = self.image, self.joints
        assert image is not None and joints is not None
        try:
            picture = image_array(image.encoding, image.height, image.width, image.step, image.data)
            state = joint_array(JOINTS, joints.name, joints.position, joints.velocity)
        except ValueError as error:
            raise UserError(f"ROS: {error}.") from error
        # The older one counts: a robot that no longer tells its state is as blind as one without a camera.
        stamps = [Time.from_msg(message.header.stamp).nanoseconds for message in (image, joints)]
        now = self.get_clock().now().nanoseconds
        return Observation(picture, state, monotonic_s(min(stamps), now, time.monotonic()))

    def send(self, action) -> None:
        self.commands.publish(Float64MultiArray(data=[float(number) for number in action]))

    def stop(self) -> None:
        self.send([0.0] * self.card.action_size)
        time.sleep(0.1)  # the message has to leave before the process ends
        self.executor_.shutdown()
        rclpy.shutdown()


def connect(card: Card) -> Ros2Robot:
    """What `--robot ros2_robot:connect` calls."""
    # The control loop takes Ctrl-C, so that torques are zero before ROS is gone.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    robot = Ros2Robot(card)
    end = time.monotonic() + FIRST_MESSAGES_S
    while robot.image is None or robot.joints is None:
        if time.monotonic() > end:
            raise UserError(f"ROS: no message on {IMAGE_TOPIC} or {STATE_TOPIC} in {FIRST_MESSAGES_S:g} s.")
        time.sleep(0.05)
    return robot
