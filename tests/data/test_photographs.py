"""A folder of pictures and a CSV file read like a data set; mistakes are named by line and column."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from simfactor.data import ImageSource, export, photographs
from simfactor.errors import SimfactorError
from simfactor.factors import Angle, Categorical, Continuous, FactorSpace

HEADER = "file,lamp,distance"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures: left third red, middle green, right blue; tall, wide and square."""
    out = tmp_path / "pictures"
    (out / "more").mkdir(parents=True)
    for name, (width, height) in {"a.png": (90, 60), "b.png": (60, 90), "more/c.png": (64, 64)}.items():
        stripes = np.zeros((height, width, 3), np.uint8)
        stripes[:, : width // 3, 0] = stripes[:, width // 3 : 2 * width // 3, 1] = 255
        stripes[:, 2 * width // 3 :, 2] = 255
        Image.fromarray(stripes).save(out / name)
    return out


def table(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder.parent / "labels.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def read(folder: Path, *lines: str, header: str = HEADER, space: FactorSpace | None = None):
    return photographs(folder, table(folder, *lines, header=header), space, image_size=16, progress=False)


GOOD = ("b.png,left,0.5", "more/c.png,right,2", "a.png, left ,1.25")


def test_columns_become_factors_and_rows_keep_the_tables_order(folder: Path) -> None:
    photos = read(folder, *GOOD)
    assert isinstance(photos, ImageSource)
    assert photos.space["lamp"] == Categorical(("left", "right"))
    assert photos.space["distance"] == Continuous(0.5, 2)
    np.testing.assert_array_equal(photos.factors(), [[0, 0.5], [1, 2], [0, 1.25]])
    assert [file.name for file in photos.files] == ["b.png", "c.png", "a.png"]
    assert (len(photos), photos.image_size, photos.images([2, 0]).shape) == (3, 16, (2, 16, 16, 3))
    photos.images()[:] = 0
    assert photos.images([-1]).any()
    with pytest.raises(IndexError):
        photos.images([3])


def test_the_middle_square_is_shown(folder: Path) -> None:
    wide = read(folder, "a.png,left,1").images()[0]
    assert wide[8].argmax(axis=-1).tolist() == [0] * 4 + [1] * 8 + [2] * 4  # 15 of each outer 30 columns
    tall = read(folder, "b.png,left,1").images()[0]
    assert np.bincount(tall[3].argmax(axis=-1)).tolist() == [5, 6, 5]


def test_pictures_are_turned_as_the_camera_noted(folder: Path) -> None:
    with Image.open(folder / "more/c.png") as picture:
        exif = Image.Exif()
        exif[0x0112] = 6  # shown turned a quarter to the right
        picture.convert("RGB").save(folder / "turned.jpg", exif=exif, quality=95)
    upright = read(folder, "turned.jpg,left,1").images()[0]
    assert [int(upright[row, 8].argmax()) for row in (2, 8, 13)] == [0, 1, 2]


def test_grey_palette_and_large_pictures_are_read(folder: Path) -> None:
    with Image.open(folder / "a.png") as picture:
        picture.convert("L").save(folder / "grey.png")
        picture.convert("P").save(folder / "palette.png")
        picture.resize((900, 600), Image.Resampling.NEAREST).save(folder / "large.jpg", quality=95)
    (grey,) = read(folder, "grey.png,left,1").images()
    assert (grey[..., 0] == grey[..., 2]).all()
    photos = read(folder, *(f"{name},left,1" for name in ("palette.png", "large.jpg", "a.png")))
    palette, large, plain = photos.images().astype(int)
    np.testing.assert_array_equal(palette, plain)
    assert abs(large - plain).mean() < 6


def test_a_given_space_says_what_the_columns_mean(folder: Path) -> None:
    space = FactorSpace({"lamp": Categorical(("right", "left", "off")), "turn": Angle(0, 360)})
    lines = ("a.png,left,370,nice", "b.png,off,-90,")
    photos = read(folder, *lines, header="file,lamp,turn,note", space=space)
    assert photos.space == space
    np.testing.assert_allclose(photos.factors(), [[1, 10], [2, 270]])


SPACE = FactorSpace({"lamp": Categorical(("left", "right")), "distance": Continuous(0, 2, "m")})


def test_every_mistake_of_the_labels_is_named_at_once(folder: Path) -> None:
    lines = ("a.png,lef,1", '"b.png","left",3', "", "more/c.png,left,far", "grey.png,right,nan")
    (folder / "grey.png").write_bytes((folder / "a.png").read_bytes())
    with pytest.raises(SimfactorError) as caught:
        read(folder, *lines, space=SPACE)
    first, *rest = str(caught.value).splitlines()
    assert first.endswith("labels.csv: 4 mistake(s)")
    for line, part in zip(
        rest,
        (
            "line 2, column 'lamp': lamp: unknown value 'lef'; allowed: left, right. Did you mean 'left'?",
            "line 3, column 'distance': distance: value 3.0 is outside [0, 2] m",
            "line 5, column 'distance': distance: value 'far' is outside [0, 2] m",
            "line 6, column 'distance': distance: value nan is outside",
        ),
        strict=True,
    ):
        assert part in line


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("a.png,left,1", "d.png,left,2"), "line 3, column 'file': there is no file 'd.png'"),
        (("a.png,left,1", "./a.png,left,2"), "line 3, column 'file': './a.png' is listed in line 2 already"),
        (("a.png,,1",), "line 2, column 'lamp': no value"),
        (("a.png,left,1", "b.png,left,1m"), "line 3, column 'distance': '1m' is no number, others"),
        (("a.png,left,1", "b.png,left,inf"), "line 3, column 'distance': 'inf' is no number"),
        (("a.png,left",), "line 2: 2 values for 3 columns"),
        ((), "lists nothing"),
        (('a.png,"left,1',), "is not a CSV file"),
    ],
)
def test_mistakes_of_the_table(folder: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        read(folder, *lines)


def test_mistakes_of_the_header(folder: Path) -> None:
    with pytest.raises(SimfactorError, match=r"no column 'file' .* columns are 'fil', 'lamp'"):
        read(folder, "a.png,left", header="fil,lamp")
    with pytest.raises(SimfactorError, match="no column 'distance'"):
        read(folder, "a.png,left", header="file,lamp", space=SPACE)
    with pytest.raises(SimfactorError, match="no column of labels"):
        read(folder, "a.png", header="file")
    with pytest.raises(SimfactorError, match="must be distinct"):
        read(folder, "a.png,1,1", header="file,x,x")


def test_pictures_that_cannot_be_read_are_named_by_line(folder: Path) -> None:
    (folder / "text.png").write_text("no picture")
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:-40])
    with pytest.raises(SimfactorError) as caught:
        read(folder, "text.png,left,1", "a.png,left,1", "cut.png,right,1")
    text = str(caught.value)
    assert "2 mistake(s)" in text
    assert "line 2, column 'file': 'text.png' cannot be read" in text
    assert "line 4, column 'file': 'cut.png' cannot be read" in text


def test_a_long_list_of_mistakes_is_cut(folder: Path) -> None:
    with pytest.raises(SimfactorError, match=r"30 mistake\(s\)(?s:.*)and 10 more") as caught:
        read(folder, *(f"{i}.png,left,1" for i in range(30)))
    assert len(str(caught.value).splitlines()) == 22


def test_what_is_no_folder_no_table_or_no_size(folder: Path, tmp_path: Path) -> None:
    good = table(folder, *GOOD)
    with pytest.raises(SimfactorError, match="is no folder"):
        photographs(tmp_path / "none", good)
    with pytest.raises(SimfactorError, match="give a CSV file"):
        photographs(folder, tmp_path / "none.csv")
    with pytest.raises(SimfactorError, match="image_size=0 must be"):
        photographs(folder, good, image_size=0)


def test_unknown_values_are_nan_where_they_may_be(folder: Path) -> None:
    lines = ("a.png,left,", "b.png,,0.5", "more/c.png,,")
    photos = photographs(folder, table(folder, *lines), image_size=8, progress=False, partial=True)
    assert photos.space["lamp"] == Categorical(("left",))
    np.testing.assert_array_equal(photos.known(), [[True, False], [False, True], [False, False]])
    np.testing.assert_array_equal(photos.factors([0, 1]), [[0, np.nan], [np.nan, 0.5]])
    with pytest.raises(SimfactorError, match=r"line 2, column 'distance': no value; .* partial=True"):
        read(folder, *lines)


def test_columns_may_be_a_part_of_the_space(folder: Path) -> None:
    path = table(folder, "a.png,left,x", "b.png,,y", header="file,lamp,note")
    photos = photographs(folder, path, SPACE, image_size=8, progress=False, partial=True)
    np.testing.assert_array_equal(photos.factors(), [[0, np.nan], [np.nan, np.nan]])
    path = table(folder, "a.png", header="file")
    photos = photographs(folder, path, SPACE, image_size=8, progress=False, partial=True)
    assert not photos.known().any()


def test_partial_labels_hide_no_mistake(folder: Path) -> None:
    def partly(*lines: str, header: str = HEADER, space: FactorSpace | None = SPACE) -> None:
        photographs(folder, table(folder, *lines, header=header), space, 8, progress=False, partial=True)

    with pytest.raises(SimfactorError, match=r"line 1, column 'distanse': unknown .* mean 'distance'"):
        partly("a.png,left,1", header="file,lamp,distanse")
    with pytest.raises(SimfactorError, match=r"line 3, column 'distance': .* 3\.0 is outside"):
        partly("a.png,,", "b.png,,3")
    with pytest.raises(SimfactorError, match="line 2, column 'file': no value"):
        partly(",left,1")
    with pytest.raises(SimfactorError, match="line 1, column 'lamp': no line has a value"):
        partly("a.png,,1", space=None)


def test_a_folder_alone_is_read_by_name_and_nothing_known(folder: Path) -> None:
    (folder / "notes.txt").write_text("no picture")
    photos = photographs(folder, space=SPACE, image_size=8, progress=False)
    assert [file.name for file in photos.files] == ["a.png", "b.png"]
    assert not photos.known().any()
    assert photos.known().shape == (2, 2)
    with pytest.raises(SimfactorError, match="without a table need `space`"):
        photographs(folder)
    (folder / "empty").mkdir()
    with pytest.raises(SimfactorError, match="holds no pictures"):
        photographs(folder / "empty", space=SPACE)
    (folder / "c.png").write_text("no picture")
    with pytest.raises(SimfactorError, match=r"'c.png' cannot be read: it is no picture"):
        photographs(folder, space=SPACE, progress=False)


@pytest.mark.parametrize("name", ["grey16.png", "color16.png", "color16.tif", "float.tif"])
def test_more_than_eight_bits_are_refused(folder: Path, name: str) -> None:
    channels = 3 if name.startswith("color") else 1
    values = np.full((9, 9, channels), 40_000, np.uint16)
    cv2.imwrite(str(folder / name), values.astype(np.float32) if name == "float.tif" else values)
    with pytest.raises(SimfactorError, match=f"line 2, column 'file': '{name}' .*16 bits or more a channel"):
        read(folder, f"{name},left,1")


def test_colours_of_other_kinds_and_transparency_are_refused(folder: Path) -> None:
    Image.new("CMYK", (9, 9)).save(folder / "print.jpg")
    Image.new("RGBA", (9, 9), (10, 20, 30, 255)).save(folder / "opaque.png")
    Image.new("RGBA", (9, 9), (10, 20, 30, 254)).save(folder / "glass.png")
    Image.new("P", (9, 9)).save(folder / "hole.png", transparency=0)
    with pytest.raises(SimfactorError) as caught:
        read(folder, *(f"{name},left,1" for name in ("print.jpg", "glass.png", "opaque.png", "hole.png")))
    assert "line 2, column 'file': 'print.jpg' cannot be read: it has colours of the kind" in str(
        caught.value
    )
    for line in (3, 5):
        assert f"line {line}, column 'file'" in str(caught.value)
    assert str(caught.value).count("it has transparent pixels") == 2
    assert (read(folder, "opaque.png,left,1").images() == [10, 20, 30]).all()


def test_a_mixture_of_depths_is_told(folder: Path) -> None:
    with Image.open(folder / "a.png") as picture:
        picture.convert("L").save(folder / "grey.png")
    path = table(folder, "a.png,left,1", "b.png,left,1", "grey.png,left,1")
    with pytest.raises(SimfactorError, match=r"1 of 3 pictures are grey \(grey.png\), .* grey=True"):
        photographs(folder, path, image_size=16, progress=False)
    images = photographs(folder, path, image_size=16, progress=False, grey=True).images().astype(int)
    assert (images[..., :1] == images).all()
    assert abs(images[0] - images[2]).max() <= 1


def test_photographs_are_exported_like_any_set(folder: Path, tmp_path: Path) -> None:
    photos = read(folder, *GOOD)
    with np.load(export(photos, tmp_path / "photos.npz")) as file:
        np.testing.assert_array_equal(file["imgs"], photos.images())
        np.testing.assert_array_equal(file["latents_values"], photos.factors())


def test_what_needs_every_label_refuses_unknown_ones(folder: Path, tmp_path: Path) -> None:
    path = table(folder, "a.png,left,1", "b.png,right,")
    photos = photographs(folder, path, SPACE, image_size=8, progress=False, partial=True)
    with pytest.raises(SimfactorError, match=r"distance in row 1 is not known \(nan\)"):
        export(photos, tmp_path / "photos.npz")
    whole = np.flatnonzero(photos.known().all(axis=1))
    export(photos, tmp_path / "photos.npz", indices=whole)
