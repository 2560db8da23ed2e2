"""PyBullet's OpenGL plugin (EGL, no display) as a renderer: pictures as PyBullet's users know them."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.frames import HIDDEN, UNTEXTURED, Images, Mesh, RenderBatch
from simfactor.render.camera import Camera
from simfactor.render.noise import add_noise
from simfactor.render.shading import background, to_bytes
from simfactor.render.stage import Body, Drawing, Stage, to_depth
from simfactor.scene.bullet import pybullet
from simfactor.silence import silence

Array = NDArray[np.floating[Any]]

PLUGIN = "eglRenderer"  # the module, which comes with PyBullet's wheels
LOST = ("light_color", "light_softness", "sky", "ground", "specular", "roughness", "exposure")
OUT_OF_SIGHT = (0.0, 0.0, -1e6)
WARM_UP = 2  # the plugin's first images have no shadows


class BulletGLRenderer:
    """Renders with PyBullet's OpenGL plugin, on a GPU if EGL finds one.

    It follows the geometry, colours, textures, the direction of light 0, background, backdrop and noise;
    depth and segmentation are as every renderer's. The plugin has its own ideas of all else: one white light
    of fixed strength with its own highlight, ambient term, and hard shadows, which not every thing casts;
    surfaces are seen from the front only. So ``LOST``, ``casts`` and further lights do not show, and where a
    factor moves one of them, the images would have wrong labels.

    The plugin draws into the window that was opened last, whichever client asks. So of several renderers in a
    process only one is open at a time: they take turns, at the cost of opening, about a second.

    Raises SimfactorError if the plugin does not run on this machine.
    """

    _open: ClassVar[BulletGLRenderer | None] = None

    def __init__(self) -> None:
        problem = missing()
        if problem:
            raise SimfactorError(
                f"renderer 'bullet-gl' cannot run here: {problem}. It needs PyBullet's wheel with its "
                f"{PLUGIN} module and the system's EGL (Debian: libegl1, and libgl1-mesa-dri without a GPU); "
                "or use renderer 'raster' or 'tiny', which need neither."
            )
        self._stage: _GLStage | None = None
        self._meshes: tuple[Mesh, ...] = ()
        self._textures: tuple[NDArray[np.uint8], ...] = ()
        self._constant: dict[str, Array] = {}

    def render(self, batch: RenderBatch) -> Images:
        """Render every image of ``batch``.

        Raises SimfactorError for a camera without a direction, and if what the plugin does not show differs
        between images, of this batch or of those rendered before with the same meshes and textures.
        """
        if self._meshes is not batch.meshes or self._textures is not batch.textures:
            self.close()
            self._meshes, self._textures, self._constant = batch.meshes, batch.textures, {}
        self._check(batch)
        if self._stage is None:
            if BulletGLRenderer._open is not None:
                BulletGLRenderer._open.close()
            BulletGLRenderer._open = self
            self._stage = _GLStage(batch)
        return Images.concatenate([self._image(batch, i, self._stage) for i in range(len(batch))])

    def close(self) -> None:
        """Give the PyBullet client back. The next render starts a new one."""
        if self._stage is not None:
            self._stage.close()
            BulletGLRenderer._open = None
        self._stage = None

    def __enter__(self) -> BulletGLRenderer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check(self, batch: RenderBatch) -> None:
        unseen = {name: getattr(batch, name) for name in LOST}
        unseen["light_direction of the further lights"] = batch.light_direction[:, 1:]
        for name, values in unseen.items():
            constant = self._constant.setdefault(name, values[0])
            if constant.shape != values.shape[1:] or (values != constant).any():
                raise SimfactorError(
                    f"renderer 'bullet-gl' does not show {name}, which differs between the images; "
                    "hold it (FactorSpace.fix), or use renderer 'raster' or 'tiny'."
                )

    def _image(self, batch: RenderBatch, i: int, stage: _GLStage) -> Images:
        owner = stage.arrange(batch, i, batch.mesh[i] != HIDDEN)
        stage.dress(batch, i)
        rgb, depth, bodies = stage.photograph(Camera.of(batch, i), batch.light_direction[i, 0])
        empty = bodies < 0
        instance = np.where(empty, HIDDEN, owner[bodies])
        labels = np.concatenate([batch.segment, [(-1, -1)]], dtype=np.int32)  # HIDDEN is the last
        picture = np.where(empty[..., None], to_bytes(background(batch, i)), rgb)
        noisy = add_noise(picture[None], batch.noise[i : i + 1], batch.noise_seed[i : i + 1])
        return Images(noisy, depth[None], labels[instance][None])


class _GLStage(Stage):
    """A client with the plugin, which must be there before any body is."""

    def __init__(self, batch: RenderBatch) -> None:
        self._images = batch.textures
        super().__init__(
            batch.meshes, coded=False, both_sides=False
        )  # coinciding faces would shade each other

    def open_client(self) -> int:
        self._folder = tempfile.TemporaryDirectory(prefix="simfactor-")
        self._files = 0
        self._textures: dict[int, int] = {}
        self._warm = False
        client = super().open_client()
        with silence(output=True):
            pybullet.loadPlugin(_plugin(), f"_{PLUGIN}Plugin", physicsClientId=client)
        return client

    def close(self) -> None:
        with silence(output=True):
            super().close()
        self._folder.cleanup()

    def create_shape(self, mesh: Mesh) -> int:
        path = self._new_file("obj")  # the plugin knows meshes from files only
        with path.open("w") as file:
            for key, rows in (("v", mesh.vertices), ("vt", mesh.uvs), ("vn", mesh.normals)):
                np.savetxt(file, rows, fmt=key + " %.9g" * rows.shape[1])
            np.savetxt(file, np.repeat(mesh.faces + 1, 3, axis=1), fmt="f %d/%d/%d %d/%d/%d %d/%d/%d")
        return pybullet.createVisualShape(
            pybullet.GEOM_MESH, fileName=str(path), rgbaColor=(1, 1, 1, 1), physicsClientId=self.client
        )

    def show(self, body: Body) -> None:
        pass  # it is put into place anyway

    def hide(self, body: Body) -> None:
        # a transparent body would still be in the segmentation
        pybullet.resetBasePositionAndOrientation(
            body.uid, OUT_OF_SIGHT, (0, 0, 0, 1), physicsClientId=self.client
        )
        body.pose = ()

    def dress(self, batch: RenderBatch, i: int) -> None:
        """Give the bodies that are shown their colours and textures of image ``i``."""
        for instance, body in self.shown():
            dress = (int(batch.texture[i, instance]), *batch.color[i, instance].tolist())
            if body.dress != dress:
                pybullet.changeVisualShape(
                    body.uid,
                    -1,
                    rgbaColor=(*dress[1:], 1),
                    textureUniqueId=self._texture(dress[0]),
                    physicsClientId=self.client,
                )
                body.dress = dress

    def photograph(self, camera: Camera, light: Array) -> Drawing:
        """rgb (H, W, 3), depth (H, W) metres, body ids (H, W); inf and -1 where nothing is hit."""
        if not self._warm:
            self._warm = True
            with silence(output=True):
                for _ in range(WARM_UP):
                    self.photograph(camera, light)
        _, _, rgba, buffer, bodies = pybullet.getCameraImage(
            camera.width,
            camera.height,
            viewMatrix=camera.view_matrix(),
            projectionMatrix=camera.projection_matrix(),
            lightDirection=light.tolist(),
            shadow=1,
            renderer=pybullet.ER_BULLET_HARDWARE_OPENGL,
            physicsClientId=self.client,
        )
        return rgba[..., :3], to_depth(buffer, camera, bodies < 0), bodies

    def _texture(self, index: int) -> int:
        if index not in self._textures:
            # a texture cannot be taken off again, so what has none wears white
            image = np.full((4, 4, 3), 255, np.uint8) if index == UNTEXTURED else self._images[index]
            height, width = image.shape[:2]
            width = -(-width // 4) * 4  # rows of other lengths come out slanted
            path = self._new_file("png")
            cv2.imwrite(str(path), cv2.resize(image, (width, height))[..., ::-1])
            self._textures[index] = pybullet.loadTexture(str(path), physicsClientId=self.client)
        return self._textures[index]

    def _new_file(self, suffix: str) -> Path:
        self._files += 1  # PyBullet caches files by name
        return Path(self._folder.name) / f"{self._files}.{suffix}"


PROBE = """
import sys, pybullet
client = pybullet.connect(pybullet.DIRECT)
if pybullet.loadPlugin(sys.argv[1], sys.argv[2]) < 0:
    sys.exit("PyBullet could not load the plugin")
pybullet.getCameraImage(8, 8, renderer=pybullet.ER_BULLET_HARDWARE_OPENGL)
"""


@functools.cache
def missing() -> str:
    """Why the plugin does not run here, or nothing if it does. Tried once, in a process of its own."""
    if importlib.util.find_spec(PLUGIN) is None:
        return f"this build of PyBullet has no {PLUGIN} module"
    command = [sys.executable, "-c", PROBE, _plugin(), f"_{PLUGIN}Plugin"]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "the plugin gave no image within 120 s"
    if probe.returncode == 0:
        return ""
    said = [line.strip() for line in (probe.stdout + probe.stderr).splitlines() if line.strip()]
    said = [line for line in said if not line.startswith("pybullet build time")]
    return f"the plugin ended with exit status {probe.returncode} ({said[-1] if said else 'no message'})"


def _plugin() -> str:
    spec = importlib.util.find_spec(PLUGIN)
    return str(spec.origin) if spec is not None else ""
