"""Panda3D's software rasteriser (``p3tinydisplay``) drawing a RenderBatch: rgb only, no shadows.

`pip install panda3d`. One sun and one ambient light; poses, camera, lights, colours and textures change with
every image, and every image is read back into NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from peers.contender import Byte, Unavailable
from simfactor.frames import HIDDEN, UNTEXTURED, Mesh, RenderBatch


class Panda3DTiny:
    """An off-screen buffer of the size of ``batch``, and a node for every mesh of every instance."""

    def __init__(self, batch: RenderBatch) -> None:
        try:
            from panda3d import core
        except ModuleNotFoundError as error:
            raise Unavailable("panda3d is not installed (pip install panda3d)") from error
        core.loadPrcFileData("", "load-display p3tinydisplay")
        core.loadPrcFileData("", "window-type offscreen")
        core.loadPrcFileData("", "notify-level-display error")
        self.core, self.batch = core, batch
        self.engine = core.GraphicsEngine()  # the shared one would render every open buffer
        self.root = core.NodePath("root")
        self._open_buffer()
        self._add_lights()
        self.geometry = [_geom_node(core, mesh) for mesh in batch.meshes]
        self.nodes: dict[tuple[int, int], Any] = {}
        self.textures = {t: _texture(core, batch.textures[t]) for t in np.unique(batch.texture) if t >= 0}
        self.shown: set[tuple[int, int]] = set()
        self.look: dict[tuple[int, int], tuple[Any, int]] = {}
        self.scenes = self._scenes()
        self.count = len(batch)

    def draw(self) -> list[Byte]:
        """The rgb image (H, W, 3) of every scene of the batch."""
        return [self._image(i) for i in range(self.count)]

    def rgb(self, images: list[Byte]) -> Byte:
        return np.stack(images)

    def _open_buffer(self) -> None:
        core, batch = self.core, self.batch
        pipe = core.GraphicsPipeSelection.getGlobalPtr().makePipe(
            "TinyOffscreenGraphicsPipe", "p3tinydisplay"
        )
        if pipe is None:
            raise Unavailable("this build of panda3d has no p3tinydisplay")
        frame = core.FrameBufferProperties()
        frame.setRgbColor(True)
        frame.setDepthBits(16)
        self.buffer = self.engine.makeOutput(
            pipe,
            "images",
            0,
            frame,
            core.WindowProperties.size(batch.width, batch.height),
            core.GraphicsPipe.BFRefuseWindow,
        )
        if self.buffer is None:
            raise Unavailable("p3tinydisplay gives no off-screen buffer here")
        self.target = core.Texture()
        self.buffer.addRenderTexture(self.target, core.GraphicsOutput.RTMCopyRam)
        self.lens = core.PerspectiveLens()
        self.lens.setNearFar(batch.near, batch.far)
        self.camera = self.root.attachNewNode(core.Camera("camera", self.lens))
        self.buffer.makeDisplayRegion().setCamera(self.camera)

    def _add_lights(self) -> None:
        core = self.core
        self.sun, self.ambient = core.DirectionalLight("sun"), core.AmbientLight("ambient")
        self.sun_node = self.root.attachNewNode(self.sun)
        self.root.setLight(self.sun_node)
        self.root.setLight(self.root.attachNewNode(self.ambient))

    def _image(self, i: int) -> Byte:
        core, batch = self.core, self.batch
        self._arrange(i)
        self.camera.setPos(*batch.camera_position[i].tolist())
        target, up = batch.camera_target[i].tolist(), batch.camera_up[i].tolist()
        self.camera.lookAt(core.Point3(*target), core.Vec3(*up))
        across, high = (0.5 / batch.focal[i]).tolist()
        wide = across * batch.width / batch.height
        self.lens.setFov(*np.degrees(2 * np.arctan([wide, high])).tolist())
        self.sun.setColor((*batch.light_color[i, 0].tolist(), 1.0))
        self.sun.setDirection(core.Vec3(*(-batch.light_direction[i, 0]).tolist()))
        self.ambient.setColor((*batch.sky[i].tolist(), 1.0))
        self.buffer.setClearColor((*batch.background[i, 0].tolist(), 1.0))
        self.engine.renderFrame()
        pixels = np.frombuffer(self.target.getRamImageAs("RGB"), np.uint8)
        return pixels.reshape(batch.height, batch.width, 3)[::-1].copy()

    def _arrange(self, i: int) -> None:
        shown = set()
        for instance, (mesh, pose, color, texture) in enumerate(self.scenes[i]):
            if mesh == HIDDEN:
                continue
            key = (instance, mesh)
            shown.add(key)
            node = self._node(instance, mesh)
            node.setPosQuatScale(*pose)
            if self.look.get(key) != (color, texture):
                self.look[key] = (color, texture)
                node.setColor(color)
                if texture == UNTEXTURED:
                    node.setTextureOff(1)
                else:
                    node.setTexture(self.textures[texture], 1)
        for key in self.shown - shown:
            self.nodes[key].hide()
        for key in shown - self.shown:
            self.nodes[key].show()
        self.shown = shown

    def _scenes(self) -> list[list[tuple[int, Any, Any, int]]]:
        """Mesh, pose, colour and texture of every instance in every image, as Panda3D takes them."""
        core, batch = self.core, self.batch
        return [
            [
                (m, (core.Point3(*at), core.Quat(q[3], *q[:3]), core.Vec3(*scale)), core.LColor(*color, 1), t)
                for m, at, q, scale, color, t in zip(*(column[i].tolist() for column in columns), strict=True)
            ]
            for columns in [
                (batch.mesh, batch.position, batch.orientation, batch.scale, batch.color, batch.texture)
            ]
            for i in range(len(batch))
        ]

    def _node(self, instance: int, mesh: int) -> Any:
        if (instance, mesh) not in self.nodes:
            self.nodes[instance, mesh] = self.root.attachNewNode(self.geometry[mesh])
        return self.nodes[instance, mesh]


def _geom_node(core: Any, mesh: Mesh) -> Any:
    data = core.GeomVertexData("mesh", core.GeomVertexFormat.getV3n3t2(), core.Geom.UHStatic)
    corners = np.concatenate([mesh.vertices, mesh.normals, mesh.uvs], axis=1).astype(np.float32)
    data.setNumRows(len(corners))
    data.modifyArrayHandle(0).copyDataFrom(corners.tobytes())
    faces = core.GeomTriangles(core.Geom.UHStatic)
    for a, b, c in mesh.faces.tolist():
        faces.addVertices(a, b, c)
    geom = core.Geom(data)
    geom.addPrimitive(faces)
    node = core.GeomNode("mesh")
    node.addGeom(geom)
    return node


def _texture(core: Any, image: Byte) -> Any:
    height, width = image.shape[:2]
    texture = core.Texture()
    texture.setup2dTexture(width, height, core.Texture.TUnsignedByte, core.Texture.FRgb)
    texture.setRamImage(np.ascontiguousarray(image[::-1, :, ::-1]).tobytes())  # BGR, the lowest row first
    return texture
