"""The moving average of weights against its formula."""

from __future__ import annotations

import numpy as np
import torch

from dsaudit.model.average import averaged


def test_moving_average_is_that_of_its_formula():
    network = torch.nn.Linear(1, 2)
    average = averaged(network, decay=0.5)
    wanted, seen = 0.0, []
    for n, value in enumerate([3.0, 1.0, -2.0, 4.0]):
        with torch.no_grad():
            network.bias.fill_(value)
        average.update_parameters(network)
        decay = min(0.5, (1 + n) / (10 + n))
        wanted = value if n == 0 else decay * wanted + (1 - decay) * value
        seen.append(average.module.bias[0].item() - wanted)
    assert np.abs(seen).max() < 1e-6
