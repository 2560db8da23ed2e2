"""Agreement with the numbers an independent published implementation gave on the same codes."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from simfactor.metrics import (
    completeness,
    dci,
    disentanglement,
    explicitness,
    infomec,
    irs,
    mig,
    modularity,
    sap,
    unsupervised,
)


def of_samples(codes, factors, codes_test, factors_test):
    """Name -> value, of every score that all golden samples take only seconds for."""
    halves = (codes, factors, codes_test, factors_test)
    explicit = explicitness(*halves)
    dependence = unsupervised(codes)
    informed = infomec(codes, factors)
    return {
        "mig": mig(codes, factors),
        "sap_discrete": sap(*halves).score,
        "sap_continuous": sap(*halves, kinds=["continuous"] * factors.shape[1]).score,
        "modularity": modularity(codes, factors),
        "explicitness_train": explicit.train,
        "explicitness_test": explicit.score,
        "irs": irs(codes, factors).score,
        "gaussian_total_correlation": dependence.total_correlation,
        "gaussian_wasserstein_correlation": dependence.wasserstein_correlation,
        "infomec_m": informed.modularity,
        "infomec_e": informed.explicitness,
        "infomec_c": informed.compactness,
    }


def test_scores_of_all_samples(golden_samples, golden_values):
    for name, value in of_samples(*golden_samples).items():
        expected = golden_values[name]
        assert value == pytest.approx(expected["value"], abs=expected["abs_tol"], rel=0), name


@pytest.mark.parametrize("score", [disentanglement, completeness])
def test_dci_formulas(score, golden_importance, golden_values):
    expected = golden_values[f"dci_gbt_{score.__name__}"]
    assert score(golden_importance) == pytest.approx(expected["value"], abs=expected["abs_tol"], rel=0)


def test_gbt_is_the_published_learner(golden_samples):
    codes, factors, codes_test, factors_test = golden_samples
    n, columns = 150, [0, 2]
    scores = dci(codes[:n], factors[:n, columns], codes_test, factors_test[:, columns], learner="gbt", seed=3)
    accuracies = []
    for k, column in enumerate(columns):
        model = GradientBoostingClassifier(random_state=3).fit(codes[:n], factors[:n, column])
        np.testing.assert_allclose(scores.importance[:, k], model.feature_importances_)
        accuracies.append(model.score(codes_test, factors_test[:, column]))
    assert scores.informativeness == pytest.approx(np.mean(accuracies))
    assert (scores.learner, scores.n) == ("gbt", n)
