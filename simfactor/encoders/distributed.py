"""Several processes that train one encoder, on a GPU each or on CPUs.

``torchrun --nproc-per-node 2 -m simfactor train-encoder quickstart`` starts two. Every process holds the
data and the whole model, takes its share of each batch, and steps along the average of all gradients.
torch's DistributedDataParallel does that for a module's ``forward`` only; objectives call other methods,
too. What an objective estimates within a batch (a total correlation, a covariance) it estimates within a
share. All validate alike, and process 0 writes the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from simfactor.errors import SimfactorError


@dataclass(frozen=True)
class Team:
    """Who of how many this process is."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    @property
    def seed(self) -> tuple[int, ...]:
        """What tells this process's noise from the others'; the first one's is that of a process alone."""
        return () if self.leads else (self.rank,)

    def share(self, index: Tensor) -> Tensor:
        """Every ``size``-th unit of a batch's index (n,), beginning at ``rank``."""
        return index[self.rank :: self.size]

    def check_batch(self, units: int) -> None:
        """Raise SimfactorError unless shares of a batch are equal, for their means are averaged."""
        if units % self.size:
            raise SimfactorError(
                f"a batch of {units} images or pairs cannot be shared by {self.size} processes; "
                f"give a batch_size that is a multiple of {self.size} times the images of a unit."
            )

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace each gradient by its mean over the processes, in one exchange."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.size == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """The mean over the processes of each entry; all have the same ones."""
        if self.size == 1:
            return dict(values)
        gathered: list[dict[str, float]] = [{}] * self.size
        distributed.all_gather_object(gathered, dict(values))
        return {name: sum(own[name] for own in gathered) / self.size for name in values}


ALONE = Team()


@contextmanager
def team_for(device: torch.device) -> Iterator[tuple[Team, torch.device]]:
    """This process's team, and its own device, as ``torchrun`` arranged it; without ``torchrun`` it is alone.

    On CUDA each process of a machine takes the GPU of its number (and NCCL), on CPUs gloo connects them.
    Raises SimfactorError when there are fewer GPUs than processes.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE, device
        return
    if device.type == "cuda":
        number = int(os.environ["LOCAL_RANK"])
        if number >= torch.cuda.device_count():
            raise SimfactorError(
                f"process {number} of this machine has no GPU of its own, there being "
                f"{torch.cuda.device_count()}; start that many with --nproc-per-node, or use device cpu."
            )
        device = torch.device("cuda", number)
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), size), device
        distributed.barrier()  # none goes on to read what the first is still writing
    finally:
        distributed.destroy_process_group()
