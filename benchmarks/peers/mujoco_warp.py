"""MuJoCo Warp's batched ray tracer drawing a RenderBatch: rgb, depth and segmentation, shadows on.

`pip install mujoco mujoco-warp`. A world for each image. What MuJoCo Warp can vary by world follows the
batch: poses, camera and field of view, lights, colours, textures, and which mesh an instance shows. It cannot
rescale a mesh, so an object keeps the size it first had; the background is black. Every draw moves the poses,
cameras and lights to the device, refits the bounding volumes, and renders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from peers.contender import Byte, Unavailable
from simfactor.frames import HIDDEN, UNTEXTURED, RenderBatch

Array = NDArray[np.floating[Any]]
SHADOW = 0.0  # share of the key light that reaches a shadowed point


class MujocoWarp:
    """A MuJoCo model of the batch's meshes and textures, and as many worlds as the batch has images."""

    def __init__(self, batch: RenderBatch, device: str = "cpu", shadows: bool = True) -> None:
        try:
            import mujoco
            import mujoco_warp
            import warp
        except ModuleNotFoundError as error:
            raise Unavailable(f"{error.name} is not installed (pip install mujoco mujoco-warp)") from error
        self.wp, self.mjw, self.batch, self.device = warp, mujoco_warp, batch, device
        self.count = len(batch)
        model = _model(mujoco, batch)
        with warp.ScopedDevice(device):
            data = mujoco.MjData(model)
            mujoco.mj_forward(model, data)
            self.model = mujoco_warp.put_model(model)
            self.data = mujoco_warp.put_data(model, data, nworld=len(batch))
            self.context = mujoco_warp.create_render_context(
                model,
                nworld=len(batch),
                cam_res=(batch.width, batch.height),
                render_rgb=True,
                render_depth=True,
                render_seg=True,
                use_shadows=shadows,
                use_precomputed_rays=False,  # the field of view differs by world
                shadow_light_fraction=SHADOW,
                enable_emission=False,
            )
            self._dress(model)
            self.state = self._state(model)

    def draw(self) -> None:
        """Render all worlds; the outputs stay where MuJoCo Warp leaves them, on the device."""
        with self.wp.ScopedDevice(self.device):
            for target, values in self.state:
                target.assign(values)
            self.mjw.refit_bvh(self.model, self.data, self.context)
            self.mjw.render(self.model, self.data, self.context)
            self.wp.synchronize_device(self.device)

    def draw_home(self) -> tuple[Any, ...]:
        """As :meth:`draw`, and rgb, depth and segmentation come to host memory."""
        self.draw()
        context = self.context
        return tuple(array.numpy() for array in (context.rgb_data, context.depth_data, context.seg_data))

    def rgb(self, _: object) -> Byte:
        packed = self.context.rgb_data.numpy().reshape(-1, self.batch.height, self.batch.width)
        return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=-1).astype(np.uint8)

    def _dress(self, model: Any) -> None:
        """Give every world its colours, textures, meshes, lights' colours and field of view."""
        wp, batch = self.wp, self.batch
        hidden = batch.mesh == HIDDEN
        rgba = np.concatenate([batch.color, np.where(hidden, 0.0, 1.0)[..., None]], axis=-1)
        self.model.geom_rgba = wp.array(rgba.astype(np.float32), dtype=wp.vec4)
        self.model.geom_dataid = wp.array(_shown(batch), dtype=int)
        # a material for each instance, and one more of each with its texture in the world
        material = np.where(batch.texture == UNTEXTURED, -1, np.arange(batch.mesh.shape[1]))
        self.model.geom_matid = wp.array(material.astype(np.int32), dtype=int)
        texture = np.tile(model.mat_texid, (len(batch), 1, 1)).astype(np.int32)
        texture[:, :, 1] = np.where(batch.texture == UNTEXTURED, -1, batch.texture)  # 1: mjTEXROLE_RGB
        self.model.mat_texid = wp.array(texture, dtype=int)
        self.model.light_diffuse = wp.array(batch.light_color, dtype=wp.vec3)
        ambient = np.zeros_like(batch.light_color)
        ambient[:, 0] = batch.sky
        self.model.light_ambient = wp.array(ambient, dtype=wp.vec3)
        fov = np.degrees(2 * np.arctan(0.5 / batch.focal[:, 1:]))
        self.model.cam_fovy = wp.array(fov.astype(np.float32), dtype=float)

    def _state(self, model: Any) -> list[tuple[Any, Array]]:
        """What moves: the arrays of ``data`` and their values."""
        batch, mesh = self.batch, _shown(self.batch)
        turn = _matrices(batch.orientation)
        # MuJoCo moves a mesh to its centre of mass and principal axes
        center, axes = model.mesh_pos[mesh], _matrices(np.roll(model.mesh_quat, -1, axis=1))[mesh]
        position = batch.position + np.einsum("nirc,nic->nir", turn, center)
        camera = batch.camera_position[:, None]
        values = [
            (self.data.geom_xpos, position),
            (self.data.geom_xmat, turn @ axes),
            (self.data.cam_xpos, camera),
            (self.data.cam_xmat, _camera_axes(batch)[:, None]),
            (self.data.light_xdir, -batch.light_direction),
        ]
        return [(target, np.ascontiguousarray(value, np.float32)) for target, value in values]


def _model(mujoco: Any, batch: RenderBatch) -> Any:
    spec = mujoco.MjSpec()
    # a mesh has the size that it first has in the batch
    for m, mesh in enumerate(batch.meshes):
        shown = np.argwhere(batch.mesh == m)
        scale = batch.scale[tuple(shown[0])] if len(shown) else np.ones(3, np.float32)
        spec.add_mesh(
            name=f"mesh{m}",
            uservert=(mesh.vertices * scale).ravel(),
            usernormal=mesh.normals.ravel(),
            usertexcoord=(mesh.uvs * (1, -1) + (0, 1)).ravel(),
            userface=mesh.faces.ravel(),
            userfacenormal=mesh.faces.ravel(),
            userfacetexcoord=mesh.faces.ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        )
    for t, image in enumerate(batch.textures):
        texture = spec.add_texture(name=f"texture{t}", type=mujoco.mjtTexture.mjTEXTURE_2D)
        texture.height, texture.width, texture.nchannel = image.shape
        texture.data = image.tobytes()
    for i, m in enumerate(_shown(batch)[0]):
        material = spec.add_material(name=f"material{i}", specular=float(batch.specular[0, i]))
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "texture0" if batch.textures else ""
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=f"mesh{m}",
            material=f"material{i}",
            contype=0,
            conaffinity=0,
        )
    for i in range(batch.light_direction.shape[1]):
        spec.worldbody.add_light(type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, castshadow=i == 0)
    spec.worldbody.add_camera(name="camera")
    spec.visual.headlight.active = 0
    return spec.compile()


def _shown(batch: RenderBatch) -> NDArray[np.int32]:
    """Mesh of each instance in each image, also of hidden ones, which are transparent."""
    return np.where(batch.mesh == HIDDEN, 0, batch.mesh)


def _matrices(quaternions: Array) -> Array:
    """Rotation matrices (..., 3, 3) of xyzw quaternions (..., 4)."""
    flat = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix()
    return flat.reshape(*quaternions.shape[:-1], 3, 3)


def _camera_axes(batch: RenderBatch) -> Array:
    """Columns right, up, backward (N, 3, 3)."""
    backward = batch.camera_position - batch.camera_target
    backward = backward / np.linalg.norm(backward, axis=1, keepdims=True)
    right = np.cross(batch.camera_up, backward)
    right = right / np.linalg.norm(right, axis=1, keepdims=True)
    return np.stack([right, np.cross(backward, right), backward], axis=2)
