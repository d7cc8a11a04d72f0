"""The networks of undertone-trainer in PyTorch, trained on the CPU; the other side of `undertone-benches train`.

    train_pytorch.py FOLDER

FOLDER holds `workload.json` (the network's shape, the training plan, each utterance's frames and label) and
`frames.f32` (all utterances one behind another, little-endian, a row per frame). The script prints one JSON object
with the version of PyTorch and the number of learnt values, then reads lines from standard input: for each it trains
an epoch and prints its duration, mean loss and share of cores as a JSON object. At the end of the input it leaves.

Utterances are padded to the longest of their batch. The padding is masked in the pooling over time; batch
normalisation and the LSTM run over it. Images are channels-last, which was measured to be faster than the default, and
the LSTM runs over padding, which was measured to be faster than packed sequences (these keep it from oneDNN). AdamW is
the fused one, and everything runs eagerly.
"""

import json
import math
import sys
import time
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader


def convolution(inputs, outputs, kernel, stride=(1, 1)):
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3)
        self.shortcut = nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), *convolution(inputs, outputs, 1))

    def forward(self, images):
        direct = self.second(functional.relu(self.first(images), inplace=True))
        return functional.relu(direct + self.shortcut(images), inplace=True)


def front(stem, blocks):
    """A first convolution and residual blocks, given by channels and by steps that become one."""
    layers, channels = [*convolution(1, stem, 5, (2, 2)), nn.ReLU(inplace=True)], stem
    for outputs, steps in blocks:
        layers.append(ResidualBlock(channels, outputs, (steps, 2)))
        channels = outputs
    return nn.Sequential(*layers)


class AttentivePooling(nn.Module):
    """Weighted mean and deviation over time."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(channels, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, sequence, lengths):
        padding = torch.arange(sequence.shape[1])[None, :] >= lengths[:, None]
        scores = self.score(sequence).masked_fill(padding[:, :, None], -math.inf)
        weights = scores.softmax(dim=1)
        mean = (weights * sequence).sum(dim=1)
        variance = (weights * (sequence - mean[:, None]).square()).sum(dim=1)
        return torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)


class Cnn(nn.Module):
    FRAMES_PER_STEP = 8

    def __init__(self, shape, dim, labels):
        super().__init__()
        stem, first, second, third = shape["channels"]
        self.front = front(stem, [(first, 1), (second, 2), (third, 2)])
        self.pooling = AttentivePooling(2 * third, shape["attention"])
        self.head = nn.Sequential(nn.BatchNorm1d(4 * third), nn.Dropout(0.3), nn.Linear(4 * third, labels))

    def forward(self, frames, lengths):
        images = self.front(frames[:, None])
        sequence = torch.cat([images.mean(dim=3), images.amax(dim=3)], dim=1).transpose(1, 2)
        return self.head(self.pooling(sequence, lengths))


class Lstm(nn.Module):
    FRAMES_PER_STEP = 4

    def __init__(self, shape, dim, labels):
        super().__init__()
        stem, first, second = shape["channels"]
        self.front = front(stem, [(first, 1), (second, 2)])
        width, hidden = shape["projection"], shape["hidden"]
        self.projection = nn.Sequential(
            nn.Linear(second * math.ceil(dim / 8), width), nn.LayerNorm(width), nn.ReLU(), nn.Dropout(0.15)
        )
        self.lstm = nn.LSTM(width, hidden, num_layers=2, batch_first=True, dropout=0.3, bidirectional=True)
        for name, parameter in self.lstm.named_parameters():
            # The layer has two biases that are only ever added up; one of them is learnt.
            if name.startswith("bias_hh"):
                nn.init.zeros_(parameter).requires_grad_(False)
        self.pooling = AttentivePooling(2 * hidden, shape["attention"])
        self.head = nn.Sequential(nn.LayerNorm(4 * hidden), nn.Dropout(0.3), nn.Linear(4 * hidden, labels))

    def forward(self, frames, lengths):
        images = self.front(frames[:, None])
        sequence = self.projection(images.permute(0, 2, 1, 3).flatten(2))
        return self.head(self.pooling(self.lstm(sequence)[0], lengths))


class Training:
    def __init__(self, workload, utterances):
        self.plan = workload["plan"]
        self.prior = workload["architecture"]["normalisation"]["running"]["prior_frames"]
        (body, shape), = workload["architecture"]["body"].items()
        kind = {"cnn": Cnn, "lstm": Lstm}[body]
        model = kind(shape, workload["dim"], workload["labels"])
        self.model = model.to(memory_format=torch.channels_last).train()
        self.deviation = torch.ones(workload["dim"])
        self.loader = DataLoader(
            utterances, self.plan["batch"], shuffle=True, drop_last=True, collate_fn=self.collate
        )
        self.learnt = [value for value in self.model.parameters() if value.requires_grad]
        groups = [
            {"params": [value for value in self.learnt if value.dim() > 1]},
            {"params": [value for value in self.learnt if value.dim() == 1], "weight_decay": 0.0},
        ]
        rate, decay = self.plan["learning_rate"], self.plan["weight_decay"]
        self.optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=decay, fused=True)
        steps = self.plan["epochs"] * len(self.loader)
        self.schedule = OneCycleLR(self.optimiser, rate, steps, pct_start=0.1, cycle_momentum=False)
        average = get_ema_multi_avg_fn(self.plan["average_decay"])
        self.average = AveragedModel(self.model, multi_avg_fn=average, use_buffers=True)

    def collate(self, utterances):
        """Pads, and takes away the mean so far, in which the training set's mean, 0, counts as `prior` frames."""
        frames = pad_sequence([frames for frames, _ in utterances], batch_first=True)
        count = torch.arange(1, frames.shape[1] + 1)[None, :, None] + self.prior
        frames = (frames - frames.cumsum(dim=1) / count) / self.deviation
        lengths = torch.tensor([len(frames) for frames, _ in utterances])
        steps = lengths.add(self.model.FRAMES_PER_STEP - 1).div(self.model.FRAMES_PER_STEP, rounding_mode="floor")
        return frames, steps, torch.tensor([label for _, label in utterances])

    def epoch(self):
        """Mean loss of one pass over the utterances."""
        total = 0.0
        for frames, lengths, labels in self.loader:
            loss = functional.cross_entropy(self.model(frames, lengths), labels)
            self.optimiser.zero_grad()
            loss.backward()
            clip_grad_norm_(self.learnt, self.plan["gradient_clip"])
            self.optimiser.step()
            self.schedule.step()
            self.average.update_parameters(self.model)
            total += loss.item()
        return total / len(self.loader)


def read_utterances(folder, workload):
    values = torch.from_numpy(numpy.fromfile(folder / "frames.f32", dtype="<f4"))
    rows = values.view(-1, workload["dim"]).split([utterance["frames"] for utterance in workload["utterances"]])
    return list(zip(rows, [utterance["label"] for utterance in workload["utterances"]]))


def say(**figures):
    print(json.dumps(figures), flush=True)


def main(folder):
    workload = json.loads((folder / "workload.json").read_text())
    torch.set_num_threads(workload["threads"])
    torch.manual_seed(workload["plan"]["seed"])
    training = Training(workload, read_utterances(folder, workload))
    say(version=torch.__version__, learnt=sum(value.numel() for value in training.learnt))
    for _ in sys.stdin:
        start, start_of_work = time.perf_counter(), time.process_time()
        loss = training.epoch()
        seconds, work = time.perf_counter() - start, time.process_time() - start_of_work
        say(seconds=seconds, loss=loss, cores=work / seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
