"""The words by which a sheet says what its cells are, in six languages: one table, to be read and added to.

Words decide only where formulas leave a choice. They are compared as labels are (see `grid.sheet.normal`), without what
stands in brackets behind them and without a symbol: "Learning rate (α)" is "learning rate".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, cached_property, lru_cache

from ..grid.sheet import normal

LANGUAGES = ("en", "de", "fr", "es", "pt", "it")
# Each line: the language, and its words, with commas between them. Write words in lower case.
LEARN = """
any: η, eta, α, alpha, lr, γ
en: learn, learning rate, step size, stepsize, step length, rate, learn rate
de: lernrate, schrittweite, lerngeschwindigkeit
fr: taux d'apprentissage, pas d'apprentissage, pas, taux
es: tasa de aprendizaje, tasa, paso
pt: taxa de aprendizagem, taxa de aprendizado, taxa, passo
it: tasso di apprendimento, tasso, passo
"""
EPOCHS = """
en: epochs, iterations, steps, number of epochs, no. of epochs, # epochs, n epochs, number of iterations, # iterations
de: epochen, anzahl epochen, anzahl der epochen, iterationen, schritte, durchläufe
fr: époques, epoques, nombre d'époques, itérations, nombre d'itérations
es: épocas, epocas, número de épocas, iteraciones, número de iteraciones, pasos
pt: épocas, número de épocas, número de iterações, iterações, passos
it: epoche, numero di epoche, iterazioni, numero di iterazioni, passi
"""
EPOCH = """
en: epoch, iteration, step, iter
de: epoche, schritt
fr: époque, epoque, itération
es: época, epoca, iteración
pt: época, iteração
it: epoca, iterazione
"""
LOSS = """
any: sse, ssr, rss, mae, mse, rmse, sce, eqm, reqm, eam, ecm, recm, mqf, mqa, j, l, f
en: loss, cost, error, log loss, logloss, cross entropy, cross-entropy, mean squared error, mean square error, \
mean absolute error, root mean squared error, root mean square error, sum of squared errors, sum of squares, \
sum of squared residuals, residual sum of squares, sum of errors squared, total squared error, total error, \
total loss, total cost, average loss, mean loss, mean error, average error, average squared error, objective, \
cost function, loss function, negative log likelihood, nll
de: verlust, kosten, fehler, mittlerer quadratischer fehler, mittlere quadratische abweichung, fehlerquadratsumme, \
summe der fehlerquadrate, quadratsumme, gesamtfehler, mittlerer fehler, kostenfunktion, verlustfunktion, kreuzentropie
fr: perte, coût, cout, erreur, erreur quadratique moyenne, somme des carrés, somme des carrés des erreurs, \
erreur totale, fonction de coût, fonction de perte, entropie croisée
es: pérdida, perdida, costo, coste, error cuadrático medio, suma de errores cuadráticos, suma de cuadrados, \
error total, función de costo, función de pérdida, entropía cruzada
pt: perda, custo, erro, erro quadrático médio, soma dos quadrados, soma dos erros quadráticos, erro total, \
função de custo, função de perda, entropia cruzada
it: perdita, errore, errore quadratico medio, somma dei quadrati, somma degli errori quadrati, errore totale, \
funzione di costo, entropia incrociata
"""
# A parameter's next value: its name stands for the dots. "next" alone heads a row or a column of such values.
NEXT = """
any: …', …*, …(t+1), …(k+1), …(n+1), … t+1, …+
en: new …, …new, … new, next …, … next, updated …, … updated
de: neue …, neuer …, neues …, neu …, … neu, nächste …, nächster …, nächstes …
fr: nouveau …, nouvelle …, nouvel …, … nouveau, … nouvelle, prochain …
es: nuevo …, nueva …, … nuevo, … nueva, siguiente …
pt: novo …, nova …, … novo, … nova, próximo …, próxima …
it: nuovo …, nuova …, … nuovo, … nuova, prossimo …, prossima …
"""
# What a step reads and no epoch changes.
CONSTANT = """
any: β, β1, β2, β₁, β₂, beta, beta1, beta2, beta 1, beta 2, γ, gamma, ρ, rho, μ, mu, λ, lambda, ε, eps, epsilon, h, n, \
δ, delta
en: momentum, momentum coefficient, decay, decay rate, weight decay, friction, damping, smoothing, nudge, clip, \
regularization, regularisation, batch size, sample size
de: impuls, reibung, dämpfung, trägheit, zerfall, abklingrate, glättung, regularisierung
fr: inertie, élan, amortissement, friction, décroissance, lissage, régularisation
es: momento, inercia, fricción, amortiguamiento, decaimiento, regularización
pt: inércia, atrito, amortecimento, decaimento, regularização
it: inerzia, attrito, smorzamento, decadimento, regolarizzazione
"""
# What counts steps or epochs, beside the words for one epoch.
COUNTER = """
any: t, #
en: step number, step counter, time step, timestep, counter, number of steps so far
de: zähler, schrittnummer, schrittzähler
fr: compteur, pas de temps
es: contador
pt: contador
it: contatore
"""
# Heads of rows or columns of values, which name no cell of their own.
PLAIN = """
en: guess, start, value, values, initial, current, old, now, new, next, updated, parameter, parameters, reset to
de: wert, werte, startwert, start, aktuell, alt, neu, nächster, parameter
fr: valeur, valeurs, départ, initial, actuel, nouveau, nouvelle, paramètre, paramètres
es: valor, valores, inicio, inicial, actual, nuevo, nueva, parámetro, parámetros
pt: início, atual, novo, nova, parâmetro, parâmetros
it: valore, valori, inizio, iniziale, attuale, nuovo, nuova, parametro, parametri
"""


def _read(table: str) -> list[str]:
    lines = table.strip().splitlines()
    words = [word.strip() for line in lines for word in line.partition(":")[2].split(",")]
    return [word for word in words if word]


def plain(label: str) -> str:
    """A label without what stands in brackets behind it, and without symbols at its ends.

    >>> plain("learning rate (α"), plain("J(θ)"), plain("Loss [MSE]:"), plain("MSE →")
    ('learning rate', 'j', 'loss', 'mse')
    """
    bare = re.sub(r"\s*[(\[{].*\Z", "", label) if re.match(r"\w", label) else label
    return normal(re.sub(r"\A[^\w#]+|[^\w'*]+\Z", "", bare)) or normal(label)


def _bracketed(label: str) -> str:
    """What stands in the bracket: mse in "Loss (MSE)"."""
    found = re.search(r"[(\[{]([^)\]}]*)", label)
    return normal(found[1]) if found else ""


class Words:
    """One meaning's words."""

    def __init__(self, table: str) -> None:
        self.table = table

    @cached_property
    def known(self) -> set[str]:
        return set(map(normal, _read(self.table)))

    def __contains__(self, label: object) -> bool:
        """Whether a label says this, with a bracket or a symbol or without."""
        return isinstance(label, str) and any(
            word in self.known for word in (normal(label), plain(label), _bracketed(label))
        )


LEARN_WORDS, EPOCHS_WORDS, EPOCH_WORDS, LOSS_WORDS, CONSTANT_WORDS, COUNTER_WORDS, PLAIN_WORDS = map(
    Words, (LEARN, EPOCHS, EPOCH, LOSS, CONSTANT, EPOCH + COUNTER, PLAIN)
)


def next_of(label: str, name: str) -> bool:
    """Whether a label is that of a parameter's next value.

    >>> next_of("Neues m", "m"), next_of("m(t+1)", "m"), next_of("w'", "w"), next_of("new b", "m")
    (True, True, True, False)
    """
    written, own = " ".join(label.casefold().split()).replace("_", " ").rstrip(" :="), plain(name)
    called = normal(label)
    if not own or (own not in written and own not in called):
        return False
    forms = (form.replace("…", own) for form in _read(NEXT))
    return any(form == written or normal(form) == called != own for form in forms)


def language_of(labels: Iterable[str]) -> str:
    """The language whose words most of a sheet's labels are; English where none is ahead.

    >>> language_of(["Stunden", "Lernrate", "neue Steigung"]), language_of(["hours", "score"])
    ('de', 'en')
    """
    return _language_of(frozenset(labels))


@lru_cache(maxsize=8)  # a page asks with every step
def _language_of(labels: frozenset[str]) -> str:
    seen = Counter[str]()
    for label in labels:
        written = normal(label)
        words = {written, plain(label)}
        seen.update(language for language, known in _known().items() if words & known)
        seen.update(language for language, forms in _forms().items() if forms.fullmatch(written))
    best = max(LANGUAGES, key=lambda language: (seen[language], language == "en"))
    return best if seen[best] > seen["en"] else "en"


def word_for(table: str, language: str) -> str:
    """The first word of a table in a language, as it is written there.

    >>> word_for(LEARN, "de"), word_for(EPOCHS, "es")
    ('Lernrate', 'épocas')
    """
    word = _lines(table)[language][0]
    return word.capitalize() if language == "de" else word


def _lines(table: str) -> dict[str, list[str]]:
    """The words of each language."""
    return {line.partition(":")[0]: _read(line) for line in table.strip().splitlines() if line}


@cache
def _known() -> dict[str, set[str]]:
    tables = [_lines(table) for table in (LEARN, EPOCHS, EPOCH, LOSS, CONSTANT, PLAIN)]
    return {
        language: {normal(word) for table in tables for word in table[language]} for language in LANGUAGES
    }


@cache
def _forms() -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile("|".join(re.escape(form).replace("…", ".+") for form in _lines(NEXT)[language]))
        for language in LANGUAGES
    }
