# The registry of service providers. .person is for whoever registers services, .engineer for the
# engineer.

## Why a provider is not believed

provider-unreachable = Its metadata cannot be had
    .person = The service's server or file does not answer as it should. What was read before counts until its end.
    .engineer = The fetch failed: the cause stands below. No redirect is followed; one entity has at most 1 MiB, an aggregate 32 MiB.
provider-unread = Its metadata was not read yet
    .person = It is being fetched. Please look again in a moment.
    .engineer = No copy is kept in the database, and the first fetch has not ended.
provider-expired = Its metadata has run out
    .person = Ask the operator of the service for new metadata.
    .engineer = validUntil of the document, of its group or of the role has passed.
provider-endless = Its metadata does not say until when it holds, or says too long
    .person = Ask the operator of the service for metadata with an end.
    .engineer = What comes over the network, or is signed, needs a validUntil of at most 400 days.
provider-signature = Its metadata is not signed by the one who must have signed it
    .person = Do not go on before the operator of the service has explained it.
    .engineer = The signature is missing, does not hold, or is by another key than the signer's.
provider-described-twice = One service stands in the metadata twice
    .person = Tell whoever publishes this metadata.
    .engineer = Two EntityDescriptors have the same entityID, or one has two roles of a kind. The whole document is refused.
provider-unreadable = Its metadata cannot be read
    .person = Check that it is the SAML metadata of the service.
    .engineer = The gate or the grammar stopped it: the cause stands below.
provider-address = The address of its metadata is not safe enough
    .person = Use an address that begins with https.
    .engineer = http is read only where a signer of the metadata is named.
provider-older = An older version of its metadata is shown
    .person = What was read before counts on. If the operator says that the older one is right, press "Read again now".
    .engineer = validUntil is earlier than the one of the believed document, which still holds.
provider-signer = The certificate of the metadata's signer cannot be used
    .person = Register the right certificate of the signer.
    .engineer = Not a PEM certificate with RSA of 2048 bits or more, P-256 or P-384; or missing for an aggregate from an address.
provider-certificate = A certificate of the registration cannot be used
    .person = Register the right certificate.
    .engineer = A file of the configuration cannot be read, or the client certificate is not PEM.
provider-not-one = This is not the metadata of one service
    .person = Check that it is the metadata of the service, and not of a login page or of a whole federation.
    .engineer = Exactly one EntityDescriptor with an SPSSODescriptor for SAML 2.0 is needed.
provider-another = The metadata is the one of another service
    .person = Register the other service by itself.
    .engineer = The entityID is not the registered one.
provider-not-in-aggregates = No list of the federation names this service
    .person = Ask the operator of the federation.
    .engineer = No aggregate that is believed has this entityID.
provider-no-encryption-key = The service has no key to encrypt to
    .person = Ask for metadata with such a key, or choose to send without encryption.
    .engineer = encryption is "required", and there is no RSA certificate for encryption.
provider-twice = This service is registered already
    .person = Look for it in the list.
    .engineer = Another registration has the same entityID. The first one counts, those of the configuration file before the others.

registry-no-such = There is no such registration
    .person = Go back to the list.
    .engineer = No registration has this id.
registry-in-configuration = This service is registered in the configuration file
    .person = It is changed there, by whoever runs the server.
    .engineer = Change [[service_providers]] and start anew.
registry-overtaken = Somebody else has changed it in between
    .person = Go back and look how it stands now.
    .engineer = The revision of the registration is another.
registry-full = No more services can be registered
    .person = Take away those that are not needed any more.
    .engineer = At most 10,000 registrations; use an aggregate.
registry-nothing = Nothing was given to be read
    .person = Fill in one of the three: the metadata, its address, or the entity id.
    .engineer = Exactly one of metadata, url, entity is needed.

## What is allowed and not good

provider-warning-unsigned = The metadata is not signed. It is believed because of the way it came to you.
provider-warning-endless = The metadata does not say until when it holds.
provider-warning-ends-soon = The metadata ends within 30 days and is not renewed by itself.
provider-warning-short-key = An RSA key is shorter than 3072 bits.
provider-warning-certificate-ends = A certificate ends within 30 days, or has ended.
provider-warning-no-encryption-key = There is no key to encrypt to: what the service is told could be read in the browser.
provider-warning-no-signing-key = There is no signing key: its requests and its logouts cannot be known as its own.
provider-warning-no-logout = The service cannot be told that somebody has signed out.
provider-warning-plain-address = An address of the service is not https.
provider-warning-no-name = The metadata gives no name for people.

## How a registration stands

provider-state-good = In use
provider-state-trouble = In use, not renewed
provider-state-disabled = Stopped
provider-state-not-believed = Not believed
provider-state-expired = Run out

deed-added = registered
deed-changed = terms changed
deed-metadata = metadata replaced
deed-enabled = started
deed-disabled = stopped
deed-removed = removed

## What a service may be told

attribute-pairwise-id = An identifier for this service alone
    .person = The same at every sign-in. No two services can join theirs.
attribute-subject-id = The same identifier as at other services
    .person = Services that have it can join what they know about a person. Choose it only where nothing else will do.
attribute-display-name = The name
    .person = To show it on the service's pages.
attribute-roles = The roles
    .person = Whether somebody signs in as a resident or to work, and for which task.
attribute-organization = The organisation
    .person = For whom a member of staff acts: its code and its name.
attribute-relay-ticket = A ticket to the records
    .person = The service can get the records that the person has agreed to. For the portal alone.
attribute-office-ticket = A ticket to the card office
    .person = Staff can work with cards on the service's pages. For the portal of the card office alone.
attribute-card-until = The last day of the card (only when it is near)
    .person = The day alone, from ninety days before, so that the service's pages can tell the holder to renew it.

## The pages

registry-title = Registered services
registry-lead = The services that people can sign in to with their cards, and what each is told.
registry-empty = No service is registered yet
    .person = Register the first one with its SAML metadata.
registry-found-none = No service fits these words
registry-search = Look for a name or an entity id
registry-search-submit = Search
registry-add = Register a service
registry-count = { $n ->
    [one] One service
   *[other] { $n } services
}
registry-column-name = Service
registry-column-state = State
registry-column-source = Metadata
registry-column-until = Holds until
registry-aggregates = Lists of federations
registry-aggregate-count = { $n ->
    [one] One service in it
   *[other] { $n } services in it
}
registry-changes = Latest changes
registry-no-changes = Nothing was changed yet.
registry-in-file = in the configuration file
registry-back = All services

registry-new-title = Register a service
registry-new-lead = Bring the SAML metadata of the service. It is read and shown to you first.
registry-replace-title = Replace the metadata
registry-replace-lead = Bring the new metadata of { $provider }. It is read and shown to you first; the terms stay.
registry-new-which = The metadata: fill in one of these
registry-new-document = The metadata itself
    .person = XML, as the operator of the service gave it to you by a safe way.
registry-new-url = Its address
    .person = Begins with https. It is read again every hour.
registry-new-entity = Its entity id in a federation's list
registry-new-certificates = Certificates, if there are
registry-new-signer = Who signs the metadata
    .person = The certificate in PEM. Then nothing is believed that it has not signed.
registry-new-client = The service's certificate towards relay and card office
    .person = In PEM. Needed for tickets alone.
registry-new-submit = Read

registry-draft-title = Is this the service?
registry-draft-lead = Nothing counts yet. Compare the fingerprints with those that the operator told you by another way.
registry-draft-submit = Yes, register it
registry-draft-replace = Yes, replace the metadata
registry-draft-cancel = No, go back

registry-warnings = To be considered
registry-keys = Keys
registry-key-purpose = For
registry-key-kind = Kind
registry-key-fingerprint = Fingerprint (SHA-256)
registry-key-ends = Certificate ends
registry-key-signing = signing
registry-key-encryption = encryption
registry-addresses = Addresses
registry-address-answers = Takes answers
registry-address-logout = Takes sign-outs
registry-facts = About the service
registry-entity = Entity id
registry-source = Where its metadata stands
registry-pasted = brought by hand
registry-aggregate = a federation's list
registry-signer = Signed by
registry-signer-none = nobody in particular
registry-read-at = Read last
registry-until = Holds until
registry-until-none = without an end
registry-requests = Its requests
registry-requests-signed = always signed
registry-requests-unsigned = need not be signed
registry-cause = In detail

registry-terms = Terms
registry-terms-attributes = What the service is told about a person
registry-terms-none = nothing
registry-terms-how = How
registry-terms-consent = People are asked first
registry-terms-idp-initiated = Takes sign-ins that begin here (rarely right)
registry-terms-identification = Asks who it might be by the number of a FeliCa card read at a desk (which proves nothing)
registry-terms-encryption = Encryption
registry-encryption-required = Always
registry-encryption-if-possible = Where the service has a key
registry-encryption-never = Never
registry-terms-signing = Signature, where the metadata does not say
registry-signing-rsa = RSA
registry-signing-p256 = P-256
registry-terms-name = Name of the person in the answer
registry-name-transient = A new one for every sign-in
registry-name-persistent = The same at every sign-in
registry-terms-session-absolute = Minutes after which the card is asked again
registry-terms-session-idle = Minutes without a use after which the card is asked again
registry-terms-limit-hint = Left empty: as the authentication centre has it, which is also the longest.
registry-terms-submit = Save the terms
registry-yes = yes
registry-no = no

registry-acts = What can be done
registry-refresh = Read again now
    .person = What stands there now is taken, even where it is older than what was read before.
registry-replace = Replace the metadata
registry-disable = Stop
registry-enable = Start again
registry-remove = Remove
registry-history = History
registry-by-command = command line

registry-disable-title = Stop { $provider }?
registry-disable-lead = From then on nobody can sign in to it, on any server, until you start it again. Who is signed in there stays so until signing out.
registry-disable-submit = Stop it
registry-remove-title = Remove { $provider }?
registry-remove-lead = Nobody can sign in to it any more, and its terms are forgotten. The history stays.
registry-remove-submit = Remove it
registry-keep = No, leave it as it is

registry-news-added = The service is registered
    .person = People can sign in to it from now on.
registry-news-changed = The change is saved
    .person = It counts on every server within seconds.
registry-news-removed = The service is removed
    .person = Nobody can sign in to it any more.

## How pages of other services introduce this centre

idp-description = Sign-in by card to services of health, care and pension.
