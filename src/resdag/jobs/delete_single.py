"""Job: delete each block of one network by itself (Veit et al. 2016, figures 3, 4 and 8)."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions import rows


def run(context: Context) -> Tables:
    """Rows of `lesions`, and of `predictions` where the study asks for them."""
    network, test = network_and_test_images(context)
    lesions, scores = rows.single(network, test, context.memory_bytes)
    tables: Tables = {"lesions": lesions}
    if context.spec["predictions"]:
        tables["predictions"] = [
            {"lesion": lesion["lesion"], "image": image, "label": label, "predicted": predicted}
            for lesion, score in zip(lesions, scores, strict=True)
            for image, (label, predicted) in enumerate(
                zip(score.labels.tolist(), score.predicted.tolist(), strict=True)
            )
        ]
    return tables
