"""The preset that has the paper's numbers has them (sections 6.1 and 6.2, appendices 8.2 and 8.3)."""

from gplac.config import preset


def test_preset_paper_has_every_number_that_the_paper_states() -> None:
    for task in ("pusher", "striker"):
        settings = preset("paper", task)
        data, network, training = settings.data, settings.network, settings.training
        assert (data.width, data.height) == (200, 175)
        assert data.demonstrations * 100 == 40_000  # frames: episodes of 100 steps
        assert (data.weak_scenes, data.weak_per_scene) == (40, 2_000)
        assert (
            data.weak_scenes * data.demonstrations_per_scene * 100 == 80_000
        )  # ATT-40: as many as weak images
        assert (settings.evaluation.scenes, settings.evaluation.episodes) == (40, 10)
        assert (training.steps, training.warmup_steps) == (50_000, 5_000)
        assert (training.learning_rate, training.schedule, training.weight_decay) == (3e-4, "constant", 0.0)
        assert (network.channels, network.hidden) == ((64, 64, 32, 32, 16), (400, 400))
        assert (network.norm_last, network.temperature, network.first_layer) == (False, 1.0, "frozen")


def test_preset_paper_has_the_robot_experiments_numbers() -> None:
    data = preset("paper", "mug_push").data
    assert (data.demonstrations, data.weak_scenes, data.weak_per_scene) == (306, 50, 34)
    assert (data.width, data.height) == (320, 240)


def test_what_the_paper_is_silent_about_is_as_the_documentation_says() -> None:
    settings = preset("paper")
    network, training = settings.network, settings.training
    assert (training.labelled_batch, training.weak_batch, training.pretrain_steps) == (32, 32, 10_000)
    assert (network.policy_dropout, network.classifier_dropout) == (0.0, 0.5)
    assert (training.average_decay, training.dropout_schedule) == (0.0, "constant")
    assert (settings.classification_weight, settings.domain_weight) == (3.0, 0.3)
    assert (settings.data.action_noise, settings.data.noise_time_s) == (0.4, 0.5)
