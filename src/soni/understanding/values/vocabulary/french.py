"""French."""

from soni.understanding.values.vocabulary.base import Vocabulary, names, numbered, table, words
from soni.understanding.values.vocabulary.counting import french

FRENCH = Vocabulary(
    code="fr",
    yes=words("""
        oui | ouais | ouaip | o | si | bien sûr | d'accord | dac | ok | okay | exact | exactement | c'est ça | c'est exact
        c'est correct | correct | tout à fait | absolument | certainement | volontiers | parfait | très bien | bien | vas-y
        allez-y | allons-y | je confirme | confirmé | confirmer | entendu | c'est bon | ça marche | ça me va | vrai | affirmatif
        évidemment | avec plaisir | oui merci | accepté | continue | continuez | pas de problème | je veux bien | pourquoi pas
    """),
    no=words("""
        non | nan | n | pas du tout | jamais | pas maintenant | pas encore | surtout pas | non merci | négatif | faux | incorrect
        ce n'est pas ça | c'est faux | pas question | je ne veux pas | je n'en veux pas | plutôt pas | pas vraiment
        bien sûr que non | ne le faites pas | ne fais pas ça | je refuse | pas d'accord | je ne pense pas | je ne crois pas
        pas aujourd'hui | plus tard
    """),
    rhetorical=words("pourquoi pas"),
    soft=words("""
        s'il vous plaît | s'il te plaît | svp | stp | merci | merci beaucoup | euh | heu | hum | hm | hmm | bon | ben | alors | donc
        maintenant | je pense | je crois | monsieur | madame | bonjour | salut | et | voilà | en fait | du coup | pardon | désolé
    """),
    numbers={
        **french(),
        **table("une paire 2 | une douzaine 12 | une douzaine de 12 | une dizaine 10 | une dizaine de 10"),
    },
    scales=table(
        "cent 100 | cents 100 | mille 1000 | million 1000000 | millions 1000000 | milliard 1000000000 | milliards 1000000000 | k 1000"
    ),
    one=words("un | une"),
    minus=words("moins"),
    half=words("une demi | demi | une demie"),
    and_a_half=words("et demi | et demie"),
    pronouns=words("un | une"),
    pronoun_is_article=True,
    vague=words("quelques | plusieurs"),
    range_to=words("à | jusqu'à"),
    either_or=words("ou"),
    between=words("entre"),
    ordinals=table("""
        premier 1 | première 1 | deuxième 2 | second 2 | seconde 2 | troisième 3 | quatrième 4 | cinquième 5 | sixième 6
        septième 7 | huitième 8 | neuvième 9 | dixième 10
    """),
    ordinal_suffixes=words("er | ère | e | eme | ème | nd"),
    last=words("dernier | dernière"),
    option=words("option | numéro | l'option | le numéro"),
    one_of=words("option | s'il vous plaît"),
    the=words("le | la | les | l' | mon | ma | un | une"),
    month_names=numbered("""
        janvier janv | février févr | mars | avril avr | mai | juin | juillet juil | août | septembre sept | octobre oct
        novembre nov | décembre déc
    """),
    weekday_names=numbered(
        "lundi lun | mardi mar | mercredi mer | jeudi jeu | vendredi ven | samedi sam | dimanche dim"
    ),
    of=words("de | du"),
    coming=words("ce | le | prochain | le prochain"),
    coming_after=words("prochain | qui vient"),
    next_week=words("de la semaine prochaine | la semaine prochaine"),
    days=table("""
        aujourd'hui 0 | ce soir 0 | ce matin 0 | cet après-midi 0 | demain 1 | demain matin 1 | demain soir 1 | demain après-midi 1
        après-demain 2 | après demain 2 | hier -1 | avant-hier -2
    """),
    feasts=table("""
        noël 1225 | jour de noël 1225 | nouvel an 101 | jour de l'an 101
    """),
    beside=words("avant | après | vers"),
    in_time=words("dans | d'ici | sous"),
    from_now=words("à partir d'aujourd'hui | plus tard"),
    ago=words("plus tôt"),
    ago_before=words("il y a"),
    clock=table("midi 720 | minuit 0 | midi et demi 750 | midi et quart 735"),
    morning=words("du matin | le matin | ce matin | demain matin"),
    evening=words("du soir | de l'après-midi | ce soir | le soir | cet après-midi | demain soir | demain après-midi"),
    oclock=words("h | heure | heures"),
    at=words("à | vers | vers les | dès | avant | après | jusqu'à | à partir de"),
    parts_follow=table("""
        et quart 15 | et demi 30 | et demie 30 | moins le quart -15 | moins quart -15 | cinq 5 | dix 10 | vingt 20 | vingt-cinq 25
        trente 30 | moins cinq -5 | moins dix -10 | moins vingt -20 | moins vingt-cinq -25
    """),
    units=table("""
        seconde 1 | secondes 1 | sec 1 | minute 60 | minutes 60 | min 60 | heure 3600 | heures 3600 | jour 86400 | jours 86400
        semaine 604800 | semaines 604800 | nuit 86400 | nuits 86400
    """),
    months=table("mois 1 | an 12 | ans 12 | année 12 | années 12 | trimestre 3 | trimestres 3"),
    currencies=names("""
        euro EUR | euros EUR | balles EUR | dollar USD | dollars USD | livre GBP | livres GBP | livres sterling GBP | yen JPY
        yens JPY | franc suisse CHF | francs suisses CHF | francs CHF | dollars canadiens CAD
    """),
    cents=words("centime | centimes"),
    openers=words("""
        c'est | ce sera | ce serait | ça fait | il y a | nous sommes | on est | on sera | nous serons | je suis | je m'appelle
        mon nom est | le nom est | au nom de | appelez-moi | je veux | je voudrais | j'aimerais | je préfère | j'ai besoin de
        je prends | je choisis | donnez-moi | donne-moi | mettez | mets | disons | je pense | je crois | à | au | aux | pour
        pour le | de | du | depuis | en | dans | le | vers | environ | à peu près | seulement | juste | euh | heu | hum | bon | ben
        alors | ok | oui | d'accord | bonjour | pardon | désolé | non | plutôt | je veux dire | je voulais dire | j'ai dit
        changez pour | envoie à | envoyez à | mon numéro est | mon e-mail est | mon email est | mon adresse est | le montant est
        la date est | l'heure est | et | mais | s'il vous plaît | s'il te plaît | attendez
    """),
    closers=words("""
        s'il vous plaît | s'il te plaît | svp | stp | merci | merci beaucoup | si possible | c'est bon | c'est tout | ça ira
        ce serait bien | alors | je pense | je crois | plutôt | en tout | au total | ok | monsieur | madame
    """),
    questions=words("""
        quoi | que | qu'est-ce | quel | quelle | quels | quelles | qui | comment | quand | combien | où | pourquoi | est-ce
        puis-je | pouvez-vous | peux-tu | peut-on | dois-je | y a-t-il | avez-vous | as-tu | je ne comprends pas | je comprends pas
        expliquez | pardon | dites-moi | j'ai une question | c'est quoi
    """),
    unsure=words("""
        je ne sais pas | je sais pas | aucune idée | je n'ai aucune idée | je ne suis pas sûr | je ne suis pas sûre | pas sûr
        aucun | peu importe | rien | un instant | un moment | attendez | attends | laissez tomber | je ne me souviens pas
    """),
    rather=words(
        "je veux dire | je voulais dire | plutôt | pardon | désolé | non | attendez | mettez | mais | changez pour"
    ),
    rejected=words("pas | au lieu de | plutôt que | non pas | ce n'est pas"),
    conjunctions=words("et | ou | ainsi que | plus"),
    introductions=words("je m'appelle | mon nom est | je suis | au nom de | appelez-moi | à | pour | de | avec"),
    name=words("nom"),
    first_name=words("prénom"),
    last_name=words("nom de famille"),
)
