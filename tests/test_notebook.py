"""What notebooks show of styles."""

import base64
import io
import re

from PIL import Image

from tfstyle import list_styles


def pictures(html):
    """The images inside a piece of HTML, decoded."""
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in found]


def evil(style):
    style.recipe = style.recipe.replace(title="<script>alert('1')</script>", artist='"A" & B')
    return style


def test_a_style_shows_painting_preview_and_facts(style, photographs, tmp_path):
    saved = evil(style).save(tmp_path / "mine", [photographs / "0.jpg"])
    html = saved._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "&quot;A&quot; &amp; B" in html and f"{saved.model.count_params():,} weights" in html
    painting, preview = pictures(html)
    assert painting.size == (64, 48) and preview.width > painting.width
    (tmp_path / "mine" / "johnson" / "preview.jpg").unlink()
    assert len(pictures(saved._repr_html_())) == 1
    assert repr(saved) == """<Style '<script>alert(\\'1\\')</script>, "A" & B', johnson>"""


def test_an_unsaved_style_without_a_credit_has_its_file_s_name(style):
    assert repr(style) == "<Style 'Stripes.png', johnson>"
    assert len(pictures(style._repr_html_())) == 1


def test_a_list_of_styles_is_a_table_and_a_dictionary(style, tmp_path):
    evil(style).save(tmp_path / "a&b")
    (tmp_path / "damaged" / "johnson").mkdir(parents=True)
    (tmp_path / "damaged" / "johnson" / "card.json").write_text("{")
    styles = list_styles(tmp_path)
    assert styles == {"a&b": ["johnson"], "damaged": ["johnson"]}
    html = styles._repr_html_()
    assert html.count("<tr>") == 2 and "<td>a&amp;b</td>" in html and "<script>" not in html
    assert len(pictures(html)) == 1 and "no such recipe" in html
    assert len(pictures(list_styles()._repr_html_())) == len(list_styles())
