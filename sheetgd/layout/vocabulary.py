"""The words by which a sheet says what its cells are, in six languages: one table, to be read and added to.

Words decide only where formulas leave a choice. They are compared as labels are (see `grid.sheet.normal`), without what
stands in brackets behind them and without a symbol: "Learning rate (α)" is "learning rate".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable
from functools import cache, cached_property, lru_cache

from ..grid.sheet import normal

LANGUAGES = ("en", "de", "fr", "es", "pt", "it")
# Each line: the language, and its words, with commas between them. Write words in lower case. What stands before a
# semicolon are labels: the lessons have them, and they are believed in more places than the other words.
LEARN = """
en: learn, learning rate; step size, stepsize, step length, rate, learn rate
de: lernrate; schrittweite, lerngeschwindigkeit
fr: taux d'apprentissage, taux; pas d'apprentissage, pas
es: tasa de aprendizaje, tasa; paso
pt: taxa de aprendizagem, taxa de aprendizado, taxa, passo
it: tasso di apprendimento, tasso, passo
any: lr, alpha; η, eta, α, γ
"""
EPOCHS = """
en: epochs; iterations, steps, number of epochs, no. of epochs, # epochs, n epochs, number of iterations, # iterations
de: epochen; anzahl epochen, anzahl der epochen, iterationen, schritte, durchläufe
fr: époques; epoques, nombre d'époques, itérations, nombre d'itérations
es: épocas; epocas, número de épocas, iteraciones, número de iteraciones, pasos
pt: épocas, número de épocas, número de iterações, iterações, passos
it: epoche, numero di epoche, iterazioni, numero di iterazioni, passi
"""
EPOCH = """
en: epoch; iteration, step, iter
de: epoche; schritt
fr: époque; epoque, itération
es: época; epoca, iteración
pt: época, iteração
it: epoca, iterazione
"""
RMSE = """
any: rmse; reqm, recm
en: root mean squared error, root mean square error
de: wurzel der mittleren quadratischen abweichung, wurzel aus dem mittleren quadratischen fehler
fr: racine de l'erreur quadratique moyenne
es: raíz del error cuadrático medio
pt: raiz do erro quadrático médio
it: radice dell'errore quadratico medio
"""
MSE = """
any: mse; eqm, ecm, mqf, mqa
en: mean squared error, mean square error, average squared error
de: mittlerer quadratischer fehler, mittlere quadratische abweichung
fr: erreur quadratique moyenne
es: error cuadrático medio
pt: erro quadrático médio
it: errore quadratico medio
"""
LOSS = """
any: sse, ssr, rss, mae, sce, eam, j, l, f
en: loss; cost, error, log loss, logloss, cross entropy, cross-entropy, mean absolute error, sum of squared errors, \
sum of squares, sum of squared residuals, residual sum of squares, sum of errors squared, total squared error, \
total error, total loss, total cost, average loss, mean loss, mean error, average error, objective, cost function, \
loss function, negative log likelihood, nll
de: verlust; kosten, fehler, fehlerquadratsumme, summe der fehlerquadrate, quadratsumme, gesamtfehler, \
mittlerer fehler, kostenfunktion, verlustfunktion, kreuzentropie
fr: perte; coût, cout, erreur, somme des carrés, somme des carrés des erreurs, erreur totale, fonction de coût, \
fonction de perte, entropie croisée
es: pérdida; perdida, costo, coste, error, suma de errores cuadráticos, suma de cuadrados, error total, \
función de costo, función de pérdida, entropía cruzada
pt: perda, custo, erro, soma dos quadrados, soma dos erros quadráticos, erro total, função de custo, função de perda, \
entropia cruzada
it: perdita, errore, somma dei quadrati, somma degli errori quadrati, errore totale, funzione di costo, \
entropia incrociata
"""
# A parameter's next value: its name stands for the dots. "next" alone heads a row or a column of such values.
NEXT = """
any: …', …*, …(t+1), …(k+1), …(n+1), … t+1, …+
en: new …; …new, … new, next …, … next, updated …, … updated
de: neu …, neue …, neuer …, neues …; … neu, nächste …, nächster …, nächstes …
fr: nouveau …, nouvelle …, nouvel …; … nouveau, … nouvelle, prochain …
es: nuevo …, nueva …; … nuevo, … nueva, siguiente …
pt: novo …, nova …, … novo, … nova, próximo …, próxima …
it: nuovo …, nuova …, … nuovo, … nuova, prossimo …, prossima …
"""
NUDGE = """
any: h;
en: nudge;
de: verschiebung;
fr: décalage;
es: incremento;
"""
# What a step reads and no epoch changes, beside the nudge.
CONSTANT = """
any: β, β1, β2, β₁, β₂, beta, beta1, beta2, beta 1, beta 2, γ, gamma, ρ, rho, μ, mu, λ, lambda, ε, eps, epsilon, n, δ, \
delta
en: momentum, momentum coefficient, decay, decay rate, weight decay, friction, damping, smoothing, clip, \
regularization, regularisation, batch size, sample size
de: momentum, impuls, reibung, dämpfung, trägheit, zerfall, abklingrate, glättung, regularisierung, batchgröße
fr: momentum, inertie, élan, amortissement, friction, décroissance, lissage, régularisation, taille de lot
es: momento, inercia, fricción, amortiguamiento, decaimiento, regularización, tamaño de lote, tam. lote
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
# The columns that parameters start from, and what reset puts back.
GUESS = """
en: guess;
de: schätzung;
fr: estimation;
es: estimación;
"""
START = """
en: start;
de: start; startwert
fr: départ;
es: inicio;
pt: início
it: inizio
"""
RESET_TO = """
en: reset to;
de: zurück auf;
fr: retour à;
es: volver a;
"""
NEW = """
en: new;
de: neu;
fr: nouveau; nouvelle
es: nuevo; nueva
pt: novo, nova
it: nuovo, nuova
"""
# Other heads of rows or columns of values, which name no cell of their own either.
PLAIN = """
en: value, values, initial, current, old, now, next, updated, parameter, parameters
de: wert, werte, aktuell, alt, nächster, parameter
fr: valeur, valeurs, initial, actuel, paramètre, paramètres
es: valor, valores, inicial, actual, parámetro, parámetros
pt: atual, parâmetro, parâmetros
it: valore, valori, iniziale, attuale, parametro, parametri
"""
# A line's parameters, and columns of its table.
SLOPE = """
any: m, a, w, w1
en: slope, weight
de: steigung, gewicht
fr: pente, coefficient directeur, poids
es: pendiente, peso
pt: inclinação, declive, peso
it: pendenza, coefficiente angolare, peso
"""
INTERCEPT = """
any: b, c, w0
en: intercept, const, constant, bias
de: achsenabschnitt, y-achsenabschnitt, konstante, bias
fr: ordonnée, ordonnée à l'origine, constante, biais
es: ordenada, ordenada en el origen, ordenada al origen, constante, sesgo
pt: intercepto, constante, viés
it: intercetta, costante
"""
MULTIPLIER = """
en: multiplier, factor
de: faktor, multiplikator
fr: facteur, multiplicateur
es: factor, multiplicador
pt: fator, multiplicador
it: fattore, moltiplicatore
"""
PREDICTION = """
any: y pred, ypred
en: pred, prediction, guess, y guess, predicted
de: vorhersage, schätzung
fr: prédiction, estimation
es: predicción, estimación
pt: previsão
it: previsione
"""
SQUARED_ERROR = """
any: error sq, err^2, error^2, err sq
en: squared error, sq error, error
de: fehler², fehler^2, fehlerquadrat, quadratischer fehler, fehler
fr: erreur², erreur^2, erreur au carré, erreur quadratique, erreur
es: error², error al cuadrado, error cuadrático, error
pt: erro², erro quadrático, erro
it: errore², errore quadratico, errore
"""
# The tick boxes of a Google Sheet.
RUN = """
en: run; run epoch, run epochs
de: ausführen; starten
fr: lancer; exécuter
es: ejecutar; iniciar
pt: executar
it: esegui
"""
RESET = """
en: reset;
de: zurücksetzen;
fr: réinitialiser;
es: restablecer; reiniciar
pt: redefinir
it: reimposta
"""


def _read(table: str, languages: Container[str] = (*LANGUAGES, "any"), *, labels: bool = False) -> list[str]:
    """The words of some languages, in the table's order; of its `labels` only what stands before a semicolon."""
    found = []
    for line in table.strip().splitlines():
        language, _, words = line.partition(":")
        first, more, second = words.partition(";")
        if language in languages:
            found += (first if more else "" if labels else first).split(",") + (
                [] if labels else second.split(",")
            )
    return [word.strip() for word in found if word.strip()]


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

    def __init__(self, *tables: str) -> None:
        self.table = "".join(tables)

    @cached_property
    def known(self) -> dict[str, None]:
        """Every word, in the table's order."""
        return dict.fromkeys(map(normal, _read(self.table)))

    @cached_property
    def labels(self) -> dict[str, None]:
        """The labels, of every language."""
        return dict.fromkeys(map(normal, _read(self.table, labels=True)))

    def labels_in(self, language: str) -> list[str]:
        """The labels in one language.

        >>> LEARN_WORDS.labels_in("en"), LOSS_WORDS.labels_in("fr")
        (['learn', 'learning rate', 'lr', 'alpha'], ['rmse', 'mse', 'perte'])
        """
        return _read(self.table, (language, "any"), labels=True)

    def __contains__(self, label: object) -> bool:
        """Whether a label says this, with a bracket or a symbol or without."""
        return isinstance(label, str) and any(
            word in self.known for word in (normal(label), plain(label), _bracketed(label))
        )


LEARN_WORDS, EPOCHS_WORDS, EPOCH_WORDS, NUDGE_WORDS, GUESS_WORDS, START_WORDS, RESET_TO_WORDS, NEW_WORDS = (
    map(Words, (LEARN, EPOCHS, EPOCH, NUDGE, GUESS, START, RESET_TO, NEW))
)
(
    SLOPE_WORDS,
    INTERCEPT_WORDS,
    MULTIPLIER_WORDS,
    PREDICTION_WORDS,
    SQUARED_ERROR_WORDS,
    RUN_WORDS,
    RESET_WORDS,
) = map(Words, (SLOPE, INTERCEPT, MULTIPLIER, PREDICTION, SQUARED_ERROR, RUN, RESET))
RMSE_WORDS, MSE_WORDS, LOSS_WORDS = Words(RMSE), Words(MSE), Words(RMSE, MSE, LOSS)
CONSTANT_WORDS, COUNTER_WORDS = Words(CONSTANT, NUDGE), Words(EPOCH, COUNTER)
PLAIN_WORDS = Words(PLAIN, GUESS, START, RESET_TO, NEW)
NEXT_FORMS = _read(NEXT)
NEXT_LABELS = _read(NEXT, labels=True)


def next_labels(label: str) -> list[str]:
    """The headings that a step table may have over the next value of a parameter.

    >>> next_labels("m")[:4]
    ['new m', 'neu m', 'neue m', 'neuer m']
    """
    return [form.replace("…", label) for form in NEXT_LABELS] + [f"new{label}"]


def named_by_next(label: str) -> str:
    """The parameter that a label calls the next value of; empty where it calls none.

    >>> named_by_next("neue steigung"), named_by_next("new b"), named_by_next("newer model")
    ('steigung', 'b', '')
    """
    starts = [form.removesuffix("…") for form in NEXT_LABELS]
    return next((label.removeprefix(start) for start in starts if label.startswith(start)), "")


def next_of(label: str, name: str) -> bool:
    """Whether a label is that of a parameter's next value.

    >>> next_of("Neues m", "m"), next_of("m(t+1)", "m"), next_of("w'", "w"), next_of("new b", "m")
    (True, True, True, False)
    """
    written, own = " ".join(label.casefold().split()).replace("_", " ").rstrip(" :="), plain(name)
    called = normal(label)
    if not own or (own not in written and own not in called):
        return False
    forms = (form.replace("…", own) for form in NEXT_FORMS)
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
    word = _read(table, (language,))[0]
    return word.capitalize() if language == "de" else word


@cache
def _known() -> dict[str, set[str]]:
    tables = (LEARN, EPOCHS, EPOCH, RMSE, MSE, LOSS, CONSTANT, PLAIN, GUESS, START, RESET_TO, NEW)
    return {
        language: {normal(word) for table in tables for word in _read(table, (language,))}
        for language in LANGUAGES
    }


@cache
def _forms() -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile(
            "|".join(re.escape(form).replace("…", ".+") for form in _read(NEXT, (language,)))
        )
        for language in LANGUAGES
    }
